import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import {
  CurrentSession,
  SessionEndedError,
  SessionsModule,
  type SessionEvent,
} from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { SupportDeskController } from '../support/applications/support-desk.controller.js';
import { beforeStatement, type BeforeStatement } from '../support/databases/before-statement.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { expectCorrectHistory } from '../support/history/run-visits.js';
import { cookieOf } from '../support/http/responses.js';
import { describeTopology, isShort } from '../support/servers/describe-topology.js';
import { isSynced, startGalera, type GaleraCluster } from '../support/servers/galera.js';
import { startHaProxy, type HaProxy } from '../support/servers/haproxy.js';
import { SIZES } from './sizes.js';

interface Visit {
  userId?: string;
  basket?: string[];
}

@Controller()
class VisitController {
  @Post('log-in/:user')
  @HttpCode(200)
  async logIn(
    @CurrentSession() session: CurrentSession<Visit>,
    @Param('user') userId: string,
  ): Promise<Visit> {
    await session.start({ userId }, { carry: ['basket'] });
    return session.data!;
  }
}

describeTopology(
  {
    name: 'Galera with one writer',
    programs: ['MariaDB', 'galera-4 and rsync', 'HAProxy'],
    isInShortForm: true,
  },
  () => {
    let cluster: GaleraCluster;
    let probes: Sequelize[];
    let proxy: HaProxy;

    beforeAll(async () => {
      cluster = await startGalera();
      probes = cluster.nodes.map((node) => node.connect());
      proxy = await startHaProxy(
        cluster.nodes.map(({ port }, index) => ({
          port,
          isHealthy: () => isSynced(probes[index]!),
        })),
      );
    });
    afterAll(async () => {
      await proxy?.close();
      await Promise.all(probes?.map((probe) => probe.close()) ?? []);
      await cluster?.remove();
    });

    describe('a transaction that was undone without an error is repeated as a whole', () => {
      let connection: Sequelize;
      let app: TestApp<Visit>;
      let before: BeforeStatement;
      const undoBefore = (statement: RegExp) =>
        before.next(statement, (client) => client.query('ROLLBACK'));

      beforeAll(async () => {
        connection = cluster.nodes[0]!.connect();
        before = beforeStatement(connection);
        app = await startApp(ADAPTERS[0]!, {
          controllers: [VisitController, SupportDeskController],
          sessions: SessionsModule.forRoot({
            connection,
            maxSessionsPerUser: 1,
            timeout: LONG_TIMEOUT_MS,
          }),
        });
      });
      afterEach(() => {
        expect(before.isAwaited).toBe(false);
      });
      afterAll(async () => {
        await app?.close();
        await connection?.close();
      });

      const eventsOf = async (work: () => Promise<unknown>) => {
        const events: SessionEvent['type'][] = [];
        const subscription = app.manager.events$.subscribe(({ type }) => void events.push(type));
        await work();
        subscription.unsubscribe();
        return events;
      };

      it.each([
        ['the end of the session whose data is carried over', /^SET .*UPDATE .* version = \?/],
        ['the INSERT of the new one', /INSERT INTO .*server_sessions\W/],
      ])('before %s', async (_, statement) => {
        const visitor = await app.manager.createSession({ basket: ['tea'] });
        const events = await eventsOf(async () => {
          undoBefore(statement);
          const login = app.http().post('/log-in/carla').set('Cookie', cookieOf(visitor));
          await login.expect(200, { userId: 'carla', basket: ['tea'] });
        });
        expect(events).toEqual(['removed', 'created']);
        await app.manager.removeUserSessions('carla');
      });

      it('before the end of the oldest session', async () => {
        const oldest = await app.manager.createSession({ userId: 'olga' });
        const events = await eventsOf(async () => {
          undoBefore(/UPDATE .* AND user_id = \?/);
          await app.manager.createSession({ userId: 'olga' });
        });
        expect(events).toEqual(['evicted', 'created']);
        await expect(app.manager.countSessions('olga')).resolves.toBe(1);
        await expect(app.manager.retrieveSession(oldest)).rejects.toThrow(SessionEndedError);
      });

      it("before the link of the agent's session", async () => {
        const agent = await app.manager.createSession({ userId: 'agent' });
        undoBefore(/UPDATE .* SET .*actor_session_id = \?/);
        const acting = app.http().post('/act-as/ann').set('Cookie', cookieOf(agent));
        const { body } = await acting.expect(200);
        await expect(app.manager.retrieveSession(body.token)).resolves.toEqual({ userId: 'ann' });
        const back = app.http().post('/return').set('Cookie', cookieOf(body.token));
        await back.expect(200);
      });
    });

    it('clients behind HAProxy lose nothing while the writer is killed', async () => {
      const [writer] = cluster.nodes;
      await expectCorrectHistory({
        title: 'Galera, one writer behind HAProxy, writer killed',
        servers: [{ ...writer!.options, port: proxy.port }],
        seconds: SIZES.seconds,
        nemesis: async () => {
          await pause((SIZES.seconds * 1000) / 3);
          await writer!.kill();
        },
        maxPause: isShort ? Infinity : 4,
      });
    });
  },
);
