import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';
import { connectThrough } from '../support/databases/through-proxy.js';
import { proxyTo, type TcpProxy } from '../support/servers/tcp-proxy.js';

/** The message that PostgreSQL sends when it is killed, in its protocol. */
function killed(): Buffer {
  const fields = Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0');
  const head = Buffer.from('E....');
  head.writeInt32BE(4 + fields.length, 1);
  return Buffer.concat([head, fields]);
}

describeDatabases(
  (database) => {
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    let direct: Sequelize;
    let proxy: TcpProxy;
    let behindProxy: Sequelize;
    let manager: SessionManager;

    beforeEach(async () => {
      direct = database.connect();
      proxy = await proxyTo(direct.config.host!, Number(direct.config.port));
      behindProxy = connectThrough(proxy, direct, { pool: { max: 1 } });
      manager = await init({ connection: behindProxy, tableName });
    });
    afterEach(async () => {
      await manager.close();
      await behindProxy.close();
      await proxy.close();
      await direct.query(`DROP TABLE IF EXISTS ${tableName}`);
      await direct.close();
    });

    it('a server that is killed while a connection is made ends the call, not the process', async () => {
      const token = await manager.createSession('data');
      proxy.cutNextAnswer();
      await expect(manager.createSession()).rejects.toThrow(SessionStoreError);
      proxy.endNextAnswerWith(killed());
      await expect(manager.createSession()).rejects.toThrow(SessionStoreError);
      proxy.endNextAnswerWith(killed());
      await expect(manager.retrieveSession(token)).resolves.toBe('data');
    });
  },
  DATABASES.filter(({ name }) => name === 'PostgreSQL'),
);
