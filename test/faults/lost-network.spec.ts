import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { init, SessionStoreError } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { describeDatabases, SERVERS } from '../support/databases/databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { proxyTo } from '../support/servers/tcp-proxy.js';

const POOL = 3;

describeDatabases((database) => {
  it('requests succeed again after an outage in which the network swallowed connection attempts', async () => {
    const direct = database.connect();
    const { host, port, username } = direct.config as unknown as Record<string, string>;
    const proxy = await proxyTo(host!, Number(port));
    const behindProxy = new Sequelize(direct.getDatabaseName(), username!, undefined, {
      dialect: direct.getDialect() as 'postgres',
      host: '127.0.0.1',
      port: proxy.port,
      logging: false,
      pool: { max: POOL },
    });
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    const manager = await init({ connection: behindProxy, tableName, timeout: 1000 });
    const token = await manager.createSession('data');

    proxy.killRoutes();
    proxy.swallowNew(true);
    for (let round = 0; round < 2; round++) {
      const late = Array.from({ length: 2 * POOL }, () => manager.createSession({}));
      for (const error of await Promise.all(late.map(rejectionOf))) {
        expect(error).toBeInstanceOf(SessionStoreError);
      }
    }
    proxy.swallowNew(false);

    const start = performance.now();
    while ((await manager.retrieveSession(token).catch(() => undefined)) !== 'data') {
      await pause(50);
    }
    const back = Math.round(performance.now() - start);
    printTable(`A network that is back: ${database.name}`, [{ 'back after ms': back }]);

    await manager.close();
    await proxy.close();
    await behindProxy.close();
    await direct.query(`DROP TABLE ${tableName}`);
    await direct.close();
  }, 60_000);
}, SERVERS);
