import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import {
  describeDatabases,
  openSessions,
  SERVERS,
  type TestSessions,
} from '../support/databases/databases.js';
import { eventually } from '../support/promises/eventually.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { proxyTo, type TcpProxy } from '../support/servers/tcp-proxy.js';

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database);
  });
  afterEach(() => sessions.close());

  it('a ping reads the table as a lookup does', async () => {
    const { manager, tableName } = sessions;
    // First, since MySQL gets one more statement at the first use of a connection.
    const token = await manager.createSession();
    const statements = await sessions.statementsOf(() => manager.ping());
    const lookups = await sessions.statementsOf(() => manager.retrieveSession(token));
    expect(statements).toEqual(lookups);
    expect(statements[0]).toContain(tableName);
  });

  it('a ping shares the statement of the lookups that wait with it', async () => {
    const { manager } = sessions;
    const token = await manager.createSession();
    const statements = await sessions.statementsOf(() =>
      Promise.all([manager.ping(), manager.retrieveSession(token), manager.ping()]),
    );
    expect(statements).toHaveLength(1);
  });

  it('a ping is rejected while the table is gone, though the connection responds', async () => {
    const { manager, sequelize, tableName } = sessions;
    await sequelize.query(`ALTER TABLE ${tableName} RENAME TO ${tableName}_gone`);
    const error = await rejectionOf(manager.ping());
    expect(error).toBeInstanceOf(SessionStoreError);
    expect(error).toMatchObject({ reason: 'rejected' });
    await expect(sequelize.authenticate()).resolves.toBeUndefined();
    await sequelize.query(`ALTER TABLE ${tableName}_gone RENAME TO ${tableName}`);
    await expect(manager.ping()).resolves.toBeUndefined();
  });

  it('a ping is refused without a statement when the manager is closed', async () => {
    const { manager } = sessions;
    await manager.close();
    await expect(manager.ping()).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      reason: 'unsent',
    });
  });
});

describeDatabases((database) => {
  const tableName = `test_${randomBytes(6).toString('hex')}`;
  const user = `pinger_${randomBytes(6).toString('hex')}`;
  let direct: Sequelize;
  let proxy: TcpProxy;
  let connection: Sequelize;
  let manager: SessionManager;
  let isPostgres: boolean;

  beforeEach(async () => {
    direct = database.connect();
    isPostgres = direct.getDialect() === 'postgres';
    await (await init({ connection: direct, tableName })).close();
    await direct.query(
      isPostgres
        ? `CREATE ROLE ${user} LOGIN PASSWORD 'secret'`
        : `CREATE USER ${user} IDENTIFIED BY 'secret'`,
    );
    await direct.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${tableName} TO ${user}`);
    proxy = await proxyTo(direct.config.host!, Number(direct.config.port));
    connection = new Sequelize(direct.config.database!, user, 'secret', {
      dialect: direct.getDialect() as 'postgres',
      host: '127.0.0.1',
      port: proxy.port,
      logging: false,
      // MariaDB's driver tries to connect for a second, and the ping tries twice. Without TLS, it sends no password to a
      // MySQL whose key it may not ask for.
      ...(direct.getDialect() === 'mariadb' && {
        dialectOptions: { connectTimeout: 300, allowPublicKeyRetrieval: true },
      }),
    });
    manager = await init({ connection, tableName, synchronize: false, cleanup: false });
  });
  afterEach(async () => {
    await proxy.close();
    await manager.close();
    await connection.close();
    await direct.query(`DROP TABLE IF EXISTS ${tableName}`);
    await direct.query(isPostgres ? `DROP ROLE ${user}` : `DROP USER ${user}`);
    await direct.close();
  });

  /** Returns the failure of a ping, with how many milliseconds it took. */
  const failedPing = async () => {
    const start = performance.now();
    const error = await rejectionOf(manager.ping());
    return { error, milliseconds: performance.now() - start };
  };

  describe('a ping over the network', () => {
    it('a ping is rejected while its user may not read the table, though the connection responds', async () => {
      await direct.query(`REVOKE SELECT ON ${tableName} FROM ${user}`);
      expect((await failedPing()).error).toMatchObject({ reason: 'rejected', isTransient: false });
      await expect(connection.authenticate()).resolves.toBeUndefined();
      await direct.query(`GRANT SELECT ON ${tableName} TO ${user}`);
      await expect(manager.ping()).resolves.toBeUndefined();
    });

    it('a ping is late if its response never comes, and the next one succeeds on another connection', async () => {
      await manager.ping();
      proxy.killRoutes();
      const { error, milliseconds } = await failedPing();
      expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', reason: 'unknown' });
      expect(milliseconds).toBeGreaterThan(1900);
      await eventually(() => manager.ping());
    });

    it('a ping is unsent if the server refuses connections', async () => {
      await proxy.close();
      await eventually(async () => {
        expect((await failedPing()).error).toMatchObject({ reason: 'unsent' });
      });
    });
  });
}, SERVERS);
