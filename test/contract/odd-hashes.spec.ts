import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionNotFoundError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

/** Values instead of a hash: of the same length in characters, but not in bytes. */
const ODD: Readonly<Record<string, unknown>> = {
  'a letter of two bytes': `ä${'a'.repeat(42)}`,
  'a letter of four bytes': `${'a'.repeat(41)}🍏`,
  'letters of three bytes': '語'.repeat(43),
  'control characters': '\u007f'.repeat(43),
};

/** Values that only SQLite accepts, since it does not enforce column types. */
const ODD_ON_SQLITE: Readonly<Record<string, unknown>> = {
  'a number': 42,
  'a long text': 'ä'.repeat(100_000),
};

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database);
    const { sequelize, tableName } = sessions;
    if (/^(mariadb|mysql)$/.test(sequelize.getDialect())) {
      // A conversion of all tables to utf8mb4 lets them hold such letters.
      const columns = ['secret_hash', 'previous_secret_hash'].map(
        (column) => `MODIFY ${column} VARCHAR(43) CHARACTER SET utf8mb4`,
      );
      await sequelize.query(`ALTER TABLE ${tableName} ${columns.join(', ')}`);
    }
  });
  afterAll(() => sessions.close());

  const set = async (column: string, token: string, value: unknown) => {
    const { sequelize, tableName } = sessions;
    await sequelize.query(`UPDATE ${tableName} SET ${column} = $value WHERE id = $id`, {
      bind: { value, id: token.split('.')[0] },
    });
  };

  describe.each(Object.entries({ ...ODD, ...(database.storagePath && ODD_ON_SQLITE) }))(
    'a row with %s for a hash',
    (_, odd) => {
      it('a row with an invalid hash is found by no secret, and a logout leaves it', async () => {
        const { manager, select, tableName } = sessions;
        const token = await manager.createSession('data');
        await set('secret_hash', token, odd);
        for (const [, call] of TOKEN_METHODS) {
          expect(await rejectionOf(call(manager, token))).toBeInstanceOf(SessionNotFoundError);
        }
        await expect(manager.removeSession(token)).resolves.toBe(true);
        const id = token.split('.')[0];
        await expect(
          select(`SELECT id FROM ${tableName} WHERE id = '${id}'`),
        ).resolves.toHaveLength(1);
      });

      it('a row whose previous hash is invalid is found by the current secret only', async () => {
        const { manager } = sessions;
        const old = await manager.createSession('data');
        const token = await manager.regenerateSession(old, { grace: 60_000 });
        await set('previous_secret_hash', token, odd);
        await expect(manager.retrieveSession(token)).resolves.toBe('data');
        for (const [, call] of TOKEN_METHODS) {
          expect(await rejectionOf(call(manager, old))).toBeInstanceOf(SessionNotFoundError);
        }
      });
    },
  );
});
