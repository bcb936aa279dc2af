import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SequelizeModule } from '@nestjs/sequelize';
import { init, SessionsModule, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController } from '../support/applications/shop.controller.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { cookieOf } from '../support/http/responses.js';
import { printTable } from '../support/processes/markdown-table.js';
import { eventually } from '../support/promises/eventually.js';
import { REPLICATED, type ReplicatedServer } from '../support/servers/replicated-server.js';
import { proxyTo, type TcpProxy } from '../support/servers/tcp-proxy.js';
import { SIZES } from './sizes.js';

/** Connections of the application's pool. */
const POOL = 5;

/** Clients that read without a pause, so that no connection of the pool is ever idle for long. */
const READERS = 8;

/** Clients that log in again and again. */
const LOGINS = 4;

/**
 * The application reaches its database by a proxy, which leads to a real read-only replica and then, for new connections, to
 * the server that takes writes: a hot standby of PostgreSQL, and a replica of MariaDB with `read_only`.
 */
for (const [kind, start] of REPLICATED) {
  const isMissing = kind.program === undefined;
  if (isMissing && process.env['REQUIRE_DATABASES'] === '1') {
    throw new Error(
      `${kind.name}: its server is not installed, and REQUIRE_DATABASES=1 requires it.`,
    );
  }
  (isMissing ? describe.skip : describe)(kind.name, () => {
    let servers: ReplicatedServer;
    let direct: Sequelize;
    let manager: SessionManager;
    let tokens: string[];

    beforeAll(async () => {
      servers = await start();
      direct = new Sequelize({ ...servers.writer.options, logging: false });
      manager = await init({ connection: direct });
      const users = Array.from({ length: READERS }, (_, user) => `user ${user}`);
      tokens = await Promise.all(users.map((userId) => manager.createSession({ userId })));
      await replicated(servers, tokens);
    });
    afterAll(async () => {
      await manager?.close();
      await direct?.close();
      await servers?.reader.remove();
      await servers?.writer.remove();
    });

    describe.each(ADAPTERS)('$name', (adapter) => {
      let proxy: TcpProxy;
      let app: TestApp;

      beforeEach(async () => {
        proxy = await proxyTo('127.0.0.1', servers.reader.port);
        app = await startApp(adapter, {
          controllers: [ShopController],
          imports: [
            SequelizeModule.forRoot({
              ...servers.writer.options,
              username: servers.username,
              port: proxy.port,
              pool: { max: POOL },
              logging: false,
            }),
          ],
          sessions: SessionsModule.forRoot({ connection: 'default', timeout: LONG_TIMEOUT_MS }),
        });
      });
      afterEach(async () => {
        await app?.close();
        await proxy?.close();
      });

      it.each(Array.from({ length: SIZES.failovers }, (_, number) => number + 1))(
        'logins succeed after as many failures as the pool has connections, and nobody is logged out, in failover %d',
        async () => {
          const reads: Record<number, number> = {};
          const before: Record<number, number> = {};
          const after: Record<number, number> = {};
          let isFailedOver = false;
          let isDone = false;
          const count = (counts: Record<number, number>, { status }: Response) => {
            counts[status] = (counts[status] ?? 0) + 1;
          };
          const ask = async (path: string, more: RequestInit) => {
            const answer = await fetch(`http://127.0.0.1:${app.port}/${path}`, more);
            await answer.text();
            return answer;
          };
          const read = async (token: string) => {
            while (!isDone) {
              count(reads, await ask('me', { headers: { Cookie: cookieOf(token) } }));
            }
          };
          const logIn = async () => {
            while (!isDone) {
              const counts = isFailedOver ? after : before;
              const body = new URLSearchParams({ name: 'ann' });
              const answer = await ask('login', { method: 'POST', body });
              count(counts, answer);
              await pause(Number(answer.headers.get('retry-after') ?? 0) * 1000);
            }
          };
          const clients = [...tokens.map(read), ...Array.from({ length: LOGINS }, logIn)];
          try {
            await eventually(async () => expect(before[503]).toBeGreaterThan(LOGINS));
            isFailedOver = true;
            proxy.leadTo(servers.writer.port);
            const succeeded = () => expect(after[200]).toBeGreaterThan(SIZES.loginsAfterFailover);
            await eventually(async () => succeeded(), 60_000);
          } finally {
            isDone = true;
            await Promise.all(clients);
          }

          printTable(`Failover: ${kind.name}, ${adapter.name}`, [
            {
              reads: reads[200]!,
              'logins refused before': before[503]!,
              'refused after': after[503] ?? 0,
              'succeeded after': after[200]!,
            },
          ]);
          expect(Object.keys(reads)).toEqual(['200']);
          expect(Object.keys(before)).toEqual(['503']);
          expect(Object.keys(after).filter((status) => !['200', '503'].includes(status))).toEqual(
            [],
          );
          expect(after[503] ?? 0).toBeLessThanOrEqual(POOL + 2);
        },
      );
    });
  });
}

/** Waits until the reader has these sessions. */
async function replicated({ reader }: ReplicatedServer, tokens: readonly string[]): Promise<void> {
  const connection = new Sequelize({ ...reader.options, logging: false });
  await eventually(async () => {
    const rows = await connection.query('SELECT id FROM server_sessions', {
      type: QueryTypes.SELECT,
    });
    expect(rows).toHaveLength(tokens.length);
  });
  await connection.close();
}
