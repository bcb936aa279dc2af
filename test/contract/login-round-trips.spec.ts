import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, SessionLimitError, type SessionManager } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { nativeLikePg } from '../support/databases/native-like-pg.js';
import { connectThrough } from '../support/databases/through-proxy.js';
import { proxyTo, type TcpProxy } from '../support/servers/tcp-proxy.js';

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
      manager = await init({
        connection: behindProxy,
        tableName,
        maxSessionsPerUser: 2,
        timeout: LONG_TIMEOUT_MS,
      });
    });
    afterEach(async () => {
      await manager.close();
      await behindProxy.close();
      await proxy.close();
      await direct.query(`DROP TABLE IF EXISTS ${tableName}`);
      await direct.close();
    });

    it.each([
      ['the lock of a login and its count of sessions', 'pg_advisory_xact_lock', 'ORDER BY'],
      ['the INSERT of a login below the limit and its commit', 'INSERT INTO', 'COMMIT'],
    ])('%s are sent in one round trip', async (_, first, last) => {
      proxy.holdAnswersBetween(first, last);
      const token = await manager.createSession({ userId: 'ann' });
      await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
    });

    it('the INSERT of a login at the limit and the end of the oldest session are sent in one round trip', async () => {
      const oldest = await manager.createSession({ userId: 'ann' });
      await manager.createSession({ userId: 'ann' });
      proxy.holdAnswersBetween('INSERT INTO', 'UPDATE ');
      await manager.createSession({ userId: 'ann' });
      await expect(manager.retrieveSession(oldest)).rejects.toMatchObject({ reason: 'evicted' });
      await expect(manager.countSessions('ann')).resolves.toBe(2);
    });

    it('the statements of a round trip are written to the socket at once', async () => {
      const writes: string[] = [];
      class NotedSocket extends Socket {
        override _write(...[chunk, ...rest]: Parameters<Socket['_write']>) {
          writes.push(String(chunk));
          super._write(chunk, ...rest);
        }
        override _writev(...[chunks, done]: Parameters<NonNullable<Socket['_writev']>>) {
          writes.push(chunks.map(({ chunk }) => String(chunk)).join(''));
          super._writev!(chunks, done);
        }
      }
      const connection = database.connect(undefined, {
        dialectOptions: { stream: () => new NotedSocket() },
      });
      const sessions = await init({ connection, tableName, maxSessionsPerUser: 2 });
      writes.length = 0;
      await sessions.createSession({ userId: 'ann' });
      const began = writes.find((text) => text.includes('BEGIN'))!;
      expect(began).toContain('pg_advisory_xact_lock');
      expect(began).toContain('ORDER BY');
      const inserted = writes.find((text) => text.includes('INSERT INTO'))!;
      expect(inserted).toContain('COMMIT');
      await sessions.close();
      await connection.close();
    });

    it('clients without a pipeline, such as those of pg-native, log users in too', async () => {
      const connection = database.connect(undefined, {
        native: true,
        dialectModule: nativeLikePg(),
      });
      const sessions = await init({ connection, tableName, maxSessionsPerUser: 1 });
      const first = await sessions.createSession({ userId: 'ann' });
      const second = await sessions.createSession({ userId: 'ann' });
      await expect(sessions.retrieveSession(first)).rejects.toMatchObject({ reason: 'evicted' });
      await expect(sessions.retrieveSession(second)).resolves.toEqual({ userId: 'ann' });
      await sessions.close();
      await connection.close();
    });

    it('the connection is as the application made it afterwards', async () => {
      await manager.createSession({ userId: 'ann' });
      const client = await behindProxy.connectionManager.getConnection({ type: 'write' });
      behindProxy.connectionManager.releaseConnection(client);
      expect(client).toMatchObject({ pipeline: false });
    });

    it('a login that the limit refuses leaves nothing behind, and the connection serves the next', async () => {
      const strict = await init({
        connection: behindProxy,
        tableName,
        maxSessionsPerUser: 1,
        onSessionLimit: 'reject',
        timeout: LONG_TIMEOUT_MS,
      });
      await strict.createSession({ userId: 'ann' });
      await expect(strict.createSession({ userId: 'ann' })).rejects.toThrow(SessionLimitError);
      await expect(strict.countSessions('ann')).resolves.toBe(1);
      await strict.createSession({ userId: 'bob' });
      await strict.close();
    });
  },
  DATABASES.filter(({ name }) => name === 'PostgreSQL'),
);
