import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  init,
  SessionEntity,
  SessionNotFoundError,
  SessionStoreError,
  type SessionManager,
} from 'nestjs-server-sessions';
import { DataTypes, Sequelize, type Model, type ModelStatic } from 'sequelize';
import { DATABASES, describeDatabases, IN_MEMORY } from '../support/databases/databases.js';
import { listenToStatements } from '../support/databases/statement-listener.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

const TABLE = 'test_application_connection';

/** The part of cls-hooked that `Sequelize.useCLS` needs. */
function clsNamespace() {
  const storage = new AsyncLocalStorage<Map<string, unknown>>();
  return {
    bind: <Work extends (...args: unknown[]) => unknown>(work: Work) =>
      AsyncLocalStorage.bind(work),
    run: (work: (context: unknown) => unknown) => {
      const context = new Map(storage.getStore());
      return storage.run(context, () => work(context));
    },
    get: (key: string) => storage.getStore()?.get(key),
    set: (key: string, value: unknown) => storage.getStore()?.set(key, value),
  };
}

describeDatabases(
  (database) => {
    const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
    const logged: string[] = [];
    let connection: Sequelize;
    let manager: SessionManager;

    beforeAll(async () => {
      connection = database.connect(join(folder, 'app.sqlite'), {
        logging: (sql) => logged.push(sql),
        benchmark: true,
        retry: { max: 5 },
        define: {
          underscored: true,
          paranoid: true,
          timestamps: true,
          version: true,
          createdAt: 'made_at',
        },
      });
      manager = await init({ connection, tableName: `${TABLE}_${connection.getDialect()}` });
    });
    afterAll(async () => {
      await SessionEntity.drop();
      await manager.close();
      await connection.close();
      rmSync(folder, { recursive: true });
    });

    /** Calls every method of a manager once. */
    const everything = async () => {
      const token = await manager.createSession({ userId: 'ada' });
      for (const [, call] of TOKEN_METHODS) {
        await call(manager, token);
      }
      await manager.removeSession(token);
      await manager.removeExpiredSessions();
    };

    describe("a connection with the application's own settings", () => {
      it('every method works on a connection with settings of the application', async () => {
        await expect(everything()).resolves.toBeUndefined();
      });

      it('the connection of the application logs no statement of the library', async () => {
        await everything();
        await connection.authenticate();
        expect(logged.join('\n')).toContain('1+1');
        expect(logged.join('\n')).not.toContain(TABLE);
      });

      it('the settings of the connection add no columns to the session table', async () => {
        const columns = await connection
          .getQueryInterface()
          .describeTable(`${TABLE}_${connection.getDialect()}`);
        expect(Object.keys(columns)).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/deleted|made|updated|At$/)]),
        );
      });

      it('SessionEntity reads the table of a connection with settings of the application', async () => {
        await manager.createSession({ userId: 'reader' });
        await expect(SessionEntity.count({ where: { userId: 'reader' } })).resolves.toBe(1);
      });

      it('a failed write is not sent again', async () => {
        const token = await manager.createSession('data');
        const attempts: string[] = [];
        const stop = listenToStatements(connection, (text) => void attempts.push(text));
        const table = `${TABLE}_${connection.getDialect()}`;
        const queries = connection.getQueryInterface();
        await queries.renameTable(table, `${table}_away`);
        attempts.length = 0;
        for (const call of [
          () => manager.createSession('data'),
          () => manager.updateSession(token, 'new'),
          () => manager.renewSession(token),
          () => manager.removeSession(token),
        ]) {
          attempts.length = 0;
          expect(await rejectionOf(call())).toBeInstanceOf(SessionStoreError);
          expect(attempts).toHaveLength(1);
        }
        stop();
        await queries.renameTable(`${table}_away`, table);
        await expect(manager.retrieveSession(token)).resolves.toBe('data');
      });

      it('the table name may contain what looks like a parameter', async () => {
        const own = database.connect(join(folder, 'named.sqlite'));
        const table = `${TABLE}_$id`;
        own.addHook('beforeDefine', (_, options) => {
          options.tableName = table;
        });
        const named = await init({ connection: own });
        const token = await named.createSession('data');
        await expect(named.retrieveSession(token)).resolves.toBe('data');
        await named.close();
        await own.getQueryInterface().dropTable(table);
        await own.close();
      });

      it('the connection of the application stays open when the manager is closed', async () => {
        const other = await init({ connection });
        await other.close();
        await expect(connection.authenticate()).resolves.toBeUndefined();
        await expect(manager.createSession('data')).resolves.toEqual(expect.any(String));
      });
    });

    describe('inside a transaction of the application that is rolled back, with Sequelize.useCLS', () => {
      const rollback = new Error('roll back');
      let notes: ModelStatic<Model>;

      beforeEach(async () => {
        Sequelize.useCLS(clsNamespace());
        notes = connection.define(
          'Note',
          { text: DataTypes.STRING },
          {
            tableName: `${TABLE}_${connection.getDialect()}_notes`,
            timestamps: false,
            paranoid: false,
            version: false,
          },
        );
        await notes.sync();
      });
      afterEach(async () => {
        delete (Sequelize as unknown as { _cls?: unknown })._cls;
        await notes.drop();
      });

      const inTransaction = async (work: () => Promise<unknown>) => {
        const transaction = connection.transaction(async () => {
          await work();
          // Last, since SQLite lets no other connection write after it.
          await notes.create({ text: 'of the application' });
          throw rollback;
        });
        await expect(transaction).rejects.toBe(rollback);
        await expect(notes.count()).resolves.toBe(0);
      };

      it('a created session survives the rollback of the transaction of the application', async () => {
        let token!: string;
        await inTransaction(async () => {
          token = await manager.createSession('data');
        });
        await expect(manager.retrieveSession(token)).resolves.toBe('data');
      });

      it('an update survives the rollback of the transaction of the application', async () => {
        const [replaced, changed] = [
          await manager.createSession(0),
          await manager.createSession(0),
        ];
        await inTransaction(async () => {
          await manager.updateSession(replaced, 1);
          await manager.updateSession(changed, (count) => count + 1);
        });
        await expect(manager.retrieveSession(replaced)).resolves.toBe(1);
        await expect(manager.retrieveSession(changed)).resolves.toBe(1);
      });

      it('a removed session stays removed after the rollback of the transaction of the application', async () => {
        const token = await manager.createSession('data');
        await inTransaction(() => manager.removeSession(token));
        await expect(manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      });
    });
  },
  // The only connection to :memory: has the application's transaction.
  DATABASES.filter((database) => !IN_MEMORY.includes(database)),
);
