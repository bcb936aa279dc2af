import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { secretOf } from '../support/http/responses.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

const SQL = /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|CREATE TABLE)\b|secret_hash|\$\d/;

/** Checks that an error says that the database is unreachable, and shows nothing of the statement. */
function expectStoreError(error: unknown, ...secrets: string[]): void {
  expect(error).toBeInstanceOf(SessionStoreError);
  expect(error).toMatchObject({ name: 'SessionStoreError', code: 'ERR_SESSION_STORE' });
  const shown = inspect(error, { showHidden: true, depth: 10 }) + JSON.stringify(error);
  expect(shown).not.toMatch(SQL);
  for (const secret of secrets) {
    expect(shown).not.toContain(secret);
  }
  const { cause } = error as Error;
  if (cause !== undefined) {
    expect(cause).toBeInstanceOf(Error);
    expect(Object.keys(cause as Error)).toEqual(expect.arrayContaining(['name']));
    expect(['name', 'code']).toEqual(expect.arrayContaining(Object.keys(cause as Error)));
    expect((cause as Error).cause).toBeUndefined();
  }
}

describeDatabases((database) => {
  let sessions: TestSessions;
  let token: string;

  beforeEach(async () => {
    sessions = await openSessions(database);
    token = await sessions.manager.createSession({ userId: 'the-owner', card: 'the-card' });
  });
  afterEach(() => sessions.close());

  const CALLS: [string, (manager: SessionManager) => Promise<unknown>][] = [
    [
      'createSession',
      (manager) => manager.createSession({ userId: 'the-owner', card: 'the-card' }),
    ],
    ...TOKEN_METHODS.map(
      ([name, call]) =>
        [name, (manager: SessionManager) => call(manager, token)] as [string, (typeof CALLS)[0][1]],
    ),
    ['removeSession', (manager) => manager.removeSession(token)],
    ['removeExpiredSessions', (manager) => manager.removeExpiredSessions()],
  ];

  describe('a table that was dropped', () => {
    it.each(CALLS)(
      '%s fails with a SessionStoreError without secrets if the table is gone',
      async (_name, call) => {
        await sessions.sequelize.query(`DROP TABLE ${sessions.tableName}`);
        const error = await rejectionOf(call(sessions.manager));
        expectStoreError(error, secretOf(token), sessions.tableName, 'the-owner', 'the-card');
        expect((error as Error).cause).toMatchObject({
          code: expect.stringMatching(/^(SQLITE_ERROR|42P01|ER_NO_SUCH_TABLE)$/),
        });
      },
    );
  });

  describe('a manager that is closed', () => {
    it.each(CALLS)('a closed manager refuses %s with a SessionStoreError', async (_name, call) => {
      await sessions.manager.close();
      expectStoreError(await rejectionOf(call(sessions.manager)), secretOf(token));
    });

    it('a closed manager can be closed again', async () => {
      await sessions.manager.close();
      await expect(sessions.manager.close()).resolves.toBeUndefined();
    });

    it('a closed manager still reports malformed tokens as not found', async () => {
      await sessions.manager.close();
      await expect(sessions.manager.retrieveSession('malformed')).rejects.toMatchObject({
        code: 'ERR_SESSION_NOT_FOUND',
      });
    });
  });
});

describeDatabases((database) => {
  describe('a connection that was closed under the manager', () => {
    it('every method fails with a SessionStoreError if its connection was closed', async () => {
      const connection = database.connect();
      const tableName = `test_closed_${connection.getDialect()}`;
      const manager = await init({ connection, tableName });
      const token = await manager.createSession('data');
      await connection.query(`DROP TABLE ${tableName}`);
      await connection.close();
      for (const [, call] of TOKEN_METHODS) {
        expectStoreError(await rejectionOf(call(manager, token)), secretOf(token));
      }
      expectStoreError(await rejectionOf(manager.createSession('data')));
      expectStoreError(await rejectionOf(manager.removeSession(token)));
      await manager.close();
    });
  });
});

describe.each(['postgres', 'mariadb', 'mysql'])('a %s server that is unreachable', (dialect) => {
  it('init fails with a SessionStoreError and the code of the failure if the server is unreachable', async () => {
    const connection = new Sequelize(`${dialect}://someone:password@127.0.0.1:1/test`, {
      logging: false,
    });
    const error = await rejectionOf(init({ connection }));
    expectStoreError(error, 'password', 'someone');
    expect((error as Error).cause).toMatchObject({
      name: expect.stringMatching(/^SequelizeConnection/),
      code: expect.stringMatching(/^E/),
    });
    await connection.close();
  });
});
