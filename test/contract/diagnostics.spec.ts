import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, type SessionDiagnostics } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  SERVERS,
  type TestSessions,
} from '../support/databases/databases.js';
import { eventually } from '../support/promises/eventually.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { connectThrough } from '../support/databases/through-proxy.js';
import { proxyTo } from '../support/servers/tcp-proxy.js';

type Name = keyof SessionDiagnostics;

/** Returns the messages of a channel while `work` runs. */
async function messagesOf<Channel extends Name>(
  name: Channel,
  work: () => Promise<unknown>,
): Promise<SessionDiagnostics[Channel][]> {
  const messages: SessionDiagnostics[Channel][] = [];
  const listener = (message: unknown) => void messages.push(message as SessionDiagnostics[Channel]);
  subscribe(name, listener);
  try {
    await work();
  } finally {
    unsubscribe(name, listener);
  }
  return messages;
}

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database);
  });
  afterEach(() => sessions.close());

  it('each lookup is published with its duration, and each statement with its number of lookups', async () => {
    const { manager } = sessions;
    const token = await manager.createSession();
    let batches: unknown[] = [];
    const start = performance.now();
    const lookups = await messagesOf('nestjs-server-sessions:lookup', async () => {
      batches = await messagesOf('nestjs-server-sessions:batch', () =>
        Promise.all(Array.from({ length: 3 }, () => manager.retrieveSession(token))),
      );
    });
    const passed = performance.now() - start;
    expect(batches).toEqual([{ size: 3 }]);
    expect(lookups.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    for (const { milliseconds } of lookups) {
      expect(milliseconds).toBeGreaterThan(0);
      expect(milliseconds).toBeLessThanOrEqual(passed);
    }
  });

  it('a lookup that fails is published with its error, and the failure as an event', async () => {
    const { manager, sequelize, tableName } = sessions;
    const token = await manager.createSession();
    await sequelize.query(`DROP TABLE ${tableName}`);
    let error: unknown;
    let lookups: unknown[] = [];
    const events = await messagesOf('nestjs-server-sessions:event', async () => {
      lookups = await messagesOf('nestjs-server-sessions:lookup', async () => {
        error = await rejectionOf(manager.retrieveSession(token));
      });
    });
    expect(lookups).toEqual([{ milliseconds: expect.any(Number), error }]);
    expect(events).toMatchObject([{ type: 'failed', code: 'ERR_SESSION_STORE' }]);
  });

  it('the events of all managers are published, with or without a subscriber of their own', async () => {
    const { manager } = sessions;
    const another = await sessions.another();
    const seen: unknown[] = [];
    another.events$.subscribe((event) => seen.push(event));
    const events = await messagesOf('nestjs-server-sessions:event', async () => {
      await manager.createSession();
      await another.createSession();
    });
    expect(events.map(({ type }) => type)).toEqual(['created', 'created']);
    expect(seen).toEqual([events[1]]);
  });
});

describeDatabases((database) => {
  it('a connection that leaves the pool is published once', async () => {
    const direct = database.connect();
    const proxy = await proxyTo(direct.config.host!, Number(direct.config.port));
    const connection = connectThrough(proxy, direct, { pool: { max: 1 } });
    const tableName = `test_drops_${direct.getDialect()}`;
    const manager = await init({ connection, tableName, timeout: 500, cleanup: false });
    await manager.ping();
    const drops = await messagesOf('nestjs-server-sessions:drop', async () => {
      proxy.killRoutes();
      await rejectionOf(manager.ping());
      await eventually(() => manager.ping());
    });
    expect(drops).toEqual([{}]);
    await manager.close();
    await connection.close();
    await proxy.close();
    await direct.query(`DROP TABLE ${tableName}`);
    await direct.close();
  });
}, SERVERS);
