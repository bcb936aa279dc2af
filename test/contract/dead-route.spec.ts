import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize, type Transaction } from 'sequelize';
import { describeDatabases, SERVERS } from '../support/databases.js';
import { eventually } from '../support/docs/eventually.js';
import { rejectionOf } from '../support/rejection.js';
import { proxyTo, type TcpProxy } from '../support/tcp-proxy.js';

const SELECT = { type: QueryTypes.SELECT } as const;

/** Connections that the pool holds. */
const POOL = 3;

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
      pool: { max: POOL },
    });
    const options = { timeout: 500, maxSessionsPerUser: 3, cleanup: false } as const;
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

  const takeAll = () => Promise.all(Array.from({ length: POOL }, () => behindProxy.transaction()));
  const giveBack = (taken: Transaction[]) => Promise.all(taken.map((each) => each.commit()));
  const failures = (calls: Promise<unknown>[]) => Promise.all(calls.map(rejectionOf));
  const stored = async () => {
    const [row] = await direct.query<{ data: string }>(`SELECT data FROM ${tableName}`, SELECT);
    return JSON.parse(row!.data) as unknown;
  };

  describe('a dead route', () => {
    it('ends reads that were under way, and holds up none for good', async () => {
      await giveBack(await takeAll());
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

    it('has left the pool once each connection was late, and all calls work again', async () => {
      await giveBack(await takeAll());
      for (let round = 0; round < 2; round++) {
        proxy.killRoutes();
        const late = Array.from({ length: POOL }, () => manager.createSession({}));
        expect(await failures(late)).toEqual(late.map(() => expect.any(SessionStoreError)));
        const next = Array.from({ length: POOL }, () => manager.createSession({}));
        await expect(Promise.all(next)).resolves.toHaveLength(POOL);
        await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      }
    });
  });

  describe('a pool that the application itself holds', () => {
    it('keeps its connections, however late the calls are that wait for them', async () => {
      const taken = await takeAll();
      const opened = proxy.opened;
      const late = [manager.retrieveSession(token), manager.createSession({})];
      expect(await failures(late)).toEqual(late.map(() => expect.any(SessionStoreError)));
      for (const transaction of taken) {
        await behindProxy.query(`DELETE FROM ${tableName} WHERE id = 'none'`, { transaction });
        await transaction.commit();
      }
      await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      expect(proxy.opened).toBe(opened);
    });

    it('is sent no statement any more whose caller has been answered', async () => {
      const taken = await takeAll();
      const late = [
        manager.removeSession(token),
        manager.createSession({}),
        manager.createSession({ userId: 'ann' }),
      ];
      expect(await failures(late)).toEqual(late.map(() => expect.any(SessionStoreError)));
      await giveBack(taken);
      await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      await expect(direct.query(`SELECT id FROM ${tableName}`, SELECT)).resolves.toHaveLength(1);
    });
  });

  describe('a table that is locked for long', () => {
    it('makes the server no more than twice the connections that the pool holds', async () => {
      await giveBack(await takeAll());
      const opened = proxy.opened;
      const lock = await direct.transaction();
      await direct.query(`SELECT id FROM ${tableName} FOR UPDATE`, {
        ...SELECT,
        transaction: lock,
      });
      for (let round = 0; round < 4; round++) {
        const late = Array.from({ length: POOL }, () => manager.renewSession(token));
        expect(await failures(late)).toEqual(late.map(() => expect.any(SessionStoreError)));
      }
      await lock.commit();
      // The driver of MariaDB opens a further one for each that it destroys, to tell the server.
      const driver = direct.getDialect() === 'mariadb' ? POOL : 0;
      expect(proxy.opened - opened).toBeLessThanOrEqual(POOL + driver);
      const read = () => manager.retrieveSession(token);
      await expect(eventually(read)).resolves.toEqual({ userId: 'ann' });
    });
  });

  describe.each([0, 7])('a connection that is cut after %i bytes of an answer', (bytes) => {
    it('is not noticed by who reads', async () => {
      proxy.cutNextAnswer(bytes);
      await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
    });

    it('has a write applied once at the most', async () => {
      await manager.updateSession(token, () => ({ visits: 0 }));
      const visit = manager.updateSession(token, (data) => {
        proxy.cutNextAnswer(bytes);
        data.visits++;
      });
      const outcome = await visit.catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(SessionStoreError);
      }
      await expect(stored()).resolves.toEqual({ visits: 1 });
    });
  });
}, SERVERS);
