import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import { describeDatabases, SERVERS } from '../support/databases.js';
import { eventually } from '../support/docs/eventually.js';
import { proxyTo, type TcpProxy } from '../support/tcp-proxy.js';

const SELECT = { type: QueryTypes.SELECT } as const;

describeDatabases((database) => {
  let direct: Sequelize;
  let proxy: TcpProxy;
  let behindProxy: Sequelize;
  let manager: SessionManager;
  let token: string;
  const tableName = `test_${randomBytes(6).toString('hex')}`;

  beforeEach(async () => {
    direct = database.connect();
    const {
      host,
      port,
      database: name,
      username,
    } = direct.config as unknown as Record<string, string>;
    proxy = await proxyTo(host!, Number(port));
    behindProxy = new Sequelize(name!, username!, undefined, {
      dialect: direct.getDialect() as 'postgres',
      host: '127.0.0.1',
      port: proxy.port,
      logging: false,
      pool: { max: 20 },
    });
    const options = { timeout: 300, maxSessionsPerUser: 3, cleanup: false } as const;
    manager = await init({ connection: behindProxy, tableName, ...options });
    token = await manager.createSession({ userId: 'ann' });
  });
  afterEach(async () => {
    await proxy.close();
    await manager.close();
    await behindProxy.close();
    await direct.query(`DROP TABLE IF EXISTS ${tableName}`);
    await direct.close();
  });

  it('ends reads that were under way, and holds up none for good', async () => {
    await Promise.all(Array.from({ length: 5 }, () => behindProxy.query('SELECT 1', SELECT)));
    proxy.killRoutes();
    await expect(manager.retrieveSession(token)).rejects.toThrow(SessionStoreError);
    const read = () => manager.retrieveSession(token);
    await expect(eventually(read)).resolves.toEqual({ userId: 'ann' });
  });

  it('ends a login that was under way, and holds up none for good', async () => {
    proxy.killRoutes();
    const login = () => manager.createSession({ userId: 'ann' });
    await expect(login()).rejects.toThrow(SessionStoreError);
    await manager.retrieveSession(await eventually(login));
  });
}, SERVERS);
