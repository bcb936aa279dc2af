import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  init,
  SessionDataError,
  SessionsConfigurationError,
  SessionsModule,
  type InitOptions,
  type SessionManager,
} from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { expectTextBack, inAscii } from '../support/databases/text-round-trip.js';
import { ADAPTERS, startApp } from '../support/applications/applications.js';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';
import { connectPrepared } from '../support/databases/prepared-connections.js';

/** Encodings of databases, whether they cause a warning at start, and user ids that each can and can't hold. */
const ENCODINGS = [
  { encoding: 'UTF8', warns: false, held: ['é', '漢', '😀'.repeat(127)], refused: ['\ud800'] },
  {
    encoding: 'LATIN1',
    warns: true,
    held: ['é', 'é'.repeat(255)],
    refused: ['š', 'Ģ', '漢', '😀'],
  },
  { encoding: 'SQL_ASCII', warns: true, held: ['é', '漢', '😀'], refused: ['é'.repeat(128)] },
  // EUC_JP has one character for U+00A6 and U+FFE4.
  { encoding: 'EUC_JP', warns: true, held: ['é', '漢', '\uffe4'], refused: ['\u00a6', '😀'] },
];

describeDatabases(
  (database) => {
    const run = async (sql: string) => {
      const direct = database.connect();
      await direct.query(sql);
      await direct.close();
    };

    describe.each(ENCODINGS)('a database in $encoding', ({ encoding, warns, held, refused }) => {
      const name = `test_${encoding.toLowerCase()}_${randomBytes(6).toString('hex')}`;
      const connect = (...statements: string[]) =>
        connectPrepared(database, { statements, database: name });
      let connection: Sequelize;
      let manager: SessionManager;
      let warnings: string[];

      const open = async (options: InitOptions = {}) => {
        const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
        manager = await init({ connection, ...options });
        warnings = emitWarning.mock.calls.map(([message]) => String(message));
        emitWarning.mockRestore();
      };
      beforeAll(async () => {
        await run(
          `CREATE DATABASE ${name} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
        );
        connection = connect();
        await open({ maxSessionsPerUser: 3 });
      });
      afterAll(async () => {
        await manager.close();
        await connection.close();
        await run(`DROP DATABASE ${name} WITH (FORCE)`);
      });

      it('text comes back unchanged, or its user id is refused', async () => {
        await expectTextBack(manager, !warns);
      });

      it('a database that can not hold all text causes a warning at start', async () => {
        expect(warnings).toEqual(warns ? [expect.stringContaining(`is ${encoding}`)] : []);
        const app = await startApp(ADAPTERS[0]!, {
          sessions: SessionsModule.forRoot({ connection }),
        });
        expect(app.logger.lines('warn')).toEqual(
          warnings.map((warning) => expect.stringContaining(warning)),
        );
        await app.close();
      });

      it('data of any characters is kept, and a user agent at least in ASCII', async () => {
        const data = { name: 'Zażółć 漢字 😀' };
        const userAgent = 'Žohár/1.0 é😀'.repeat(30);
        const token = await manager.createSession(data, { client: { userAgent } });
        const client = { userAgent: warns ? inAscii(userAgent) : userAgent };
        await expect(manager.inspectSession(token)).resolves.toMatchObject({ data, client });
      });

      it.each(held)('the database holds the user id %p', async (userId) => {
        const token = await manager.createSession({ userId });
        await manager.updateSession(token, { userId, visits: 1 });
        await expect(manager.listSessions(userId)).resolves.toHaveLength(1);
        await expect(manager.removeUserSessions(userId)).resolves.toBe(1);
      });

      it.each(refused)(
        'every call refuses the user id %p with a SessionDataError',
        async (userId) => {
          const data = { userId: 'ann' };
          const token = await manager.createSession(data);
          const { id } = await manager.inspectSession(token);
          for (const call of [
            () => manager.createSession({ userId }),
            () => manager.updateSession(token, { userId }),
            () => manager.updateSession(token, () => ({ userId })),
            () => manager.updateSession(token, { userId }, { sameUser: true }),
            () => manager.listSessions(userId),
            () => manager.removeUserSessions(userId),
            () => manager.removeSessionById(id, { userId }),
          ]) {
            await expect(call()).rejects.toThrow(SessionDataError);
            await expect(call()).rejects.toThrow('user id');
          }
          await expect(manager.retrieveSession(token)).resolves.toEqual(data);
          await expect(manager.removeUserSessions('ann')).resolves.toBe(1);
        },
      );

      if (encoding === 'LATIN1' || encoding === 'EUC_JP') {
        it('a connection that changes text is refused at start', async () => {
          const changing = connect("SET client_encoding TO 'SQL_ASCII'");
          const opening = init({ connection: changing });
          await expect(opening).rejects.toThrow(SessionsConfigurationError);
          await expect(opening).rejects.toThrow('client_encoding of the connection is SQL_ASCII');
          await changing.close();
        });
      }
    });
  },
  DATABASES.filter(({ name }) => name === 'PostgreSQL'),
);
