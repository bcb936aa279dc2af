import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { ApplicationProcess } from '../support/processes/application-process.js';
import { printTable } from '../support/processes/markdown-table.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { SIZES } from './sizes.js';

/** Milliseconds to wait after a refusal, so that the clients leave the database a processor to start on. */
const PAUSE = 200;

let application: ApplicationProcess | undefined;
afterEach(async () => {
  await application?.end();
  application = undefined;
});

describeOwnServers((server) => {
  it.each(['express', 'fastify'])(
    `%s reports errors while the server is killed and started ${SIZES.restarts} times, and recovers`,
    async (framework) => {
      const app = await ApplicationProcess.start({ framework, server: server().options });
      application = app;
      const login = await fetch(app.url('login'), { method: 'POST' });
      const cookie = login.headers.get('set-cookie')!.split(';')[0]!;

      const answers: Record<string, number> = {};
      let touched = 0;
      let slowestAnswer = 0;
      let succeeded = 0;
      let stopped = false;
      const client = async (number: number) => {
        while (!stopped) {
          const start = performance.now();
          const answer =
            number % 4 === 0
              ? await fetch(app.url('login'), { method: 'POST' })
              : await fetch(app.url('visit'), { headers: { Cookie: cookie } });
          await answer.text();
          slowestAnswer = Math.max(slowestAnswer, performance.now() - start);
          answers[answer.status] = (answers[answer.status] ?? 0) + 1;
          succeeded += answer.ok ? 1 : 0;
          touched += !answer.ok && answer.headers.has('set-cookie') ? 1 : 0;
          await pause(answer.ok ? 0 : PAUSE);
        }
      };
      const load = Promise.all(
        Array.from({ length: SIZES.requests }, (_, number) => client(number)),
      );

      /** Waits for so many more successes; returns how long that took. */
      const successes = async (count: number) => {
        const start = performance.now();
        const enough = succeeded + count;
        while (succeeded < enough) {
          app.requireAlive();
          await pause(5);
        }
        return performance.now() - start;
      };
      let slowest = 0;
      for (let restart = 0; restart < SIZES.restarts; restart++) {
        await successes(SIZES.requests);
        await server().kill();
        await server().start();
        slowest = Math.max(slowest, await successes(1));
      }
      stopped = true;
      await load;

      expect(Object.keys(answers).toSorted()).toEqual(['200', '201', '503']);
      expect(touched).toBe(0);
      expect(slowest).toBeLessThan(SIZES.restarted);
      expect(slowestAnswer).toBeLessThan(SIZES.answered);
      await expect(app.end()).resolves.toEqual({ signal: 'SIGTERM', errors: '' });
      printTable(`Restarted server: ${server().kind.name}, ${framework}`, [
        {
          restarts: SIZES.restarts,
          succeeded,
          'refused with 503': answers['503']!,
          others: 0,
          'slowest answer after ms': Math.round(slowestAnswer),
          'back after ms': Math.round(slowest),
        },
      ]);
    },
  );
});
