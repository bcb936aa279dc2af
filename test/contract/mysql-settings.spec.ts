import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionsConfigurationError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, type Options, type Sequelize } from 'sequelize';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { connectPrepared } from '../support/databases/prepared-connections.js';
import { listenToStatements } from '../support/databases/statement-listener.js';

describeDatabases(
  (database) => {
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    const other = `${tableName}_\`other\``;
    const quoted = `\`${other.replaceAll('`', '``')}\``;
    const opened: { close(): Promise<void> }[] = [];
    let direct: Sequelize;

    beforeEach(() => {
      direct = database.connect();
    });
    afterEach(async () => {
      for (const each of opened.splice(0)) {
        await each.close();
      }
      await direct.query(`DROP TABLE IF EXISTS ${tableName}`);
      await direct.query(`DROP DATABASE IF EXISTS ${quoted}`);
      await direct.close();
    });

    const connect = (options: Options = {}) => {
      const connection = database.connect(undefined, { pool: { max: 1 }, ...options });
      opened.push(connection);
      return connection;
    };
    const open = async (connection: Sequelize, options: object = {}): Promise<SessionManager> => {
      const manager = await init({ connection, tableName, timeout: LONG_TIMEOUT_MS, ...options });
      opened.unshift(manager);
      return manager;
    };

    if (database.name === 'MariaDB') {
      it('a typeCast of the application changes no value of a session', async () => {
        const typeCast = (field: { name: () => string }, next: () => unknown) =>
          field.name().endsWith('_at') ? `about ${String(next())}` : next();
        const manager = await open(connect({ dialectOptions: { typeCast } }));
        const token = await manager.createSession({ userId: 'ann' });
        await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
        await expect(manager.listSessions('ann')).resolves.toHaveLength(1);
      });
    }

    describe('another database that the application left on a connection of the pool', () => {
      it.each([
        ['has a table of the same name', `CREATE TABLE ${quoted}.${tableName} LIKE ${tableName}`],
        ['has none', 'DO 0'],
      ])(
        'sessions are not looked up in the database that the application left, if it %s',
        async (_, prepare) => {
          const pooled = connect();
          const manager = await open(pooled, { maxSessionsPerUser: 5 });
          const token = await manager.createSession({ userId: 'ann' });
          await direct.query(`CREATE DATABASE ${quoted}`);
          await direct.query(prepare);
          await pooled.query(`USE ${quoted}`);
          await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
          await manager.updateSession(token, { userId: 'ann', visits: 1 });
          await manager.createSession({ userId: 'ann' });
          await expect(manager.listSessions('ann')).resolves.toHaveLength(2);
          await expect(manager.removeSession(token)).resolves.toBe(true);
          const elsewhere = await open(connect());
          await expect(elsewhere.countSessions('ann')).resolves.toBe(1);
          await expect(manager.removeUserSessions('ann')).resolves.toBe(1);
          await expect(elsewhere.countSessions('ann')).resolves.toBe(0);
        },
      );

      it('a table in a database with a quote in its name is checked, created and used', async () => {
        await direct.query(`CREATE DATABASE ${quoted}`);
        const there = () => connectPrepared(database, { statements: [`USE ${quoted}`] });
        const first = there();
        opened.push(first);
        const token = await (await open(first)).createSession({ userId: 'ann' });
        const second = there();
        opened.push(second);
        await expect((await open(second)).retrieveSession(token)).resolves.toBeDefined();
        await expect(direct.query(`SELECT 1 FROM ${tableName}`)).rejects.toThrow();
      });
    });

    it('a login that waits in one database holds up no login of the same user in another', async () => {
      await direct.query(`CREATE DATABASE ${quoted}`);
      const theirs = connectPrepared(database, { statements: [`USE ${quoted}`] });
      opened.push(theirs);
      const limit = { maxSessionsPerUser: 5 };
      const blog = await open(theirs, limit);
      const shop = await open(connect(), { ...limit, timeout: 2000 });
      await blog.createSession({ userId: 'ann' });
      const transaction = await direct.transaction();
      try {
        await direct.query(`SELECT id FROM ${quoted}.${tableName} FOR UPDATE`, {
          transaction,
          type: QueryTypes.SELECT,
        });
        let login: Promise<string> | undefined;
        const inserting = new Promise<void>((resolve) => {
          const stop = listenToStatements(theirs, (sql) => {
            if (sql.startsWith('INSERT')) {
              stop();
              resolve();
            }
          });
          login = blog.createSession({ userId: 'ann' });
        });
        await inserting;
        await expect(shop.createSession({ userId: 'ann' })).resolves.toEqual(expect.any(String));
        await transaction.rollback();
        await expect(login).resolves.toEqual(expect.any(String));
      } finally {
        await transaction.rollback().catch(() => {});
      }
    });

    describe('a setting of the connection by which a logout or a limit of sessions would not take place', () => {
      it.each([
        ['autocommit = 0', 'autocommit = 1'],
        ["completion_type = 'CHAIN'", 'completion_type = NO_CHAIN'],
        ["completion_type = 'RELEASE'", 'completion_type = NO_CHAIN'],
        ['sql_select_limit = 1', 'sql_select_limit = DEFAULT'],
        [
          "sql_mode = 'EMPTY_STRING_IS_NULL'",
          "sql_mode = REPLACE(@@sql_mode, 'EMPTY_STRING_IS_NULL', '')",
        ],
      ])(
        'a connection with %s is refused at start, and the error says to set %s',
        async (setting, remedy) => {
          const connection = connectPrepared(database, { statements: [`SET ${setting}`] });
          opened.push(connection);
          const opening = open(connection);
          await expect(opening).rejects.toThrow(SessionsConfigurationError);
          await expect(opening).rejects.toThrow(`SET SESSION ${remedy}`);
        },
      );

      it('a connection with these settings at their defaults is accepted', async () => {
        const connection = connectPrepared(database, {
          statements: ['SET autocommit = 1', 'SET completion_type = 0, sql_select_limit = DEFAULT'],
        });
        opened.push(connection);
        const manager = await open(connection);
        const token = await manager.createSession({ userId: 'ann' });
        await expect(manager.removeSession(token)).resolves.toBe(true);
        await expect((await open(connect())).countSessions('ann')).resolves.toBe(0);
      });
    });
  },
  DATABASES.filter(({ name }) => name === 'MariaDB' || name === 'MySQL dialect'),
);
