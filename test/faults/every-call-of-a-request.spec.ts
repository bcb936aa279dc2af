import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  Session,
  SessionGuard,
  SessionsModule,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import type { Response } from 'supertest';
import { actingController, type Act } from '../support/applications/acting-controller.js';
import { cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { ADAPTERS, startApp, type TestAdapter } from '../support/applications/applications.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { faultyConnection, FAULTS, type Fault } from '../support/faults/faulty-connection.js';
import { stateReader } from '../support/databases/table-state.js';
import { SIZES } from './sizes.js';

@Controller()
class GuardedController {
  @Get('guarded')
  @UseGuards(SessionGuard)
  guarded(@Session() data: unknown) {
    return { data };
  }
}

const START = Date.UTC(2026, 0, 1);
const HOUR = 60 * 60 * 1000;
const ANN = { userId: 'ann', visits: 0 };
const addVisit = (data: { visits: number }) => void data.visits++;

interface Case {
  readonly name: string;
  /** The action of the handler; none if only the guard is tested. */
  readonly act?: Act;
  readonly options?: SessionsModuleOptions;
  /** Cookies of the request, of ann's two sessions. */
  readonly cookies?: 0 | 1 | 2;
  /** Whether the request may still pass, with the previous state. */
  readonly mayPass?: true;
}

const CASES: readonly Case[] = [
  { name: 'the guard' },
  { name: 'the guard that renews', options: { rolling: true, expireTime: HOUR }, mayPass: true },
  { name: 'start()', act: (session) => session.start({ userId: 'bob' }), cookies: 0 },
  { name: 'start() on a session', act: (session) => session.start({ userId: 'bob' }) },
  { name: 'start() on two', act: (session) => session.start({ userId: 'bob' }), cookies: 2 },
  {
    name: 'start() at the limit',
    act: (session) => session.start(ANN),
    options: { maxSessionsPerUser: 2 },
    cookies: 0,
  },
  {
    name: 'start() on a session at the limit',
    act: (session) => session.start(ANN),
    options: { maxSessionsPerUser: 1 },
  },
  { name: 'update() with data', act: (session) => session.update({ visits: 7 }) },
  { name: 'update() by change', act: (session) => session.update(addVisit) },
  { name: 'renew()', act: (session) => session.renew() },
  { name: 'regenerate()', act: (session) => session.regenerate() },
  {
    name: 'regenerate() with a change',
    act: (session) => session.regenerate({ change: addVisit, grace: 1000 }),
  },
  { name: 'list()', act: (session) => session.list() },
  { name: 'end()', act: (session) => session.end() },
  { name: 'end() without a session', act: (session) => session.end(), cookies: 0 },
];

describeShared((database) => {
  const clock = { time: 0, now: () => clock.time };
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database, { clock, cleanup: false });
  });
  afterAll(() => sessions.close());

  async function run(adapter: TestAdapter, each: Case, number: number, fault: Fault) {
    const { tableName } = sessions;
    await sessions.sequelize.query(`DELETE FROM ${tableName}`);
    const tokens: string[] = [];
    for (clock.time = START; tokens.length < 2; clock.time += 1000) {
      tokens.push(await sessions.manager.createSession(ANN, { expireTime: HOUR }));
    }
    clock.time += HOUR / 2;
    const states = await stateReader(sessions);
    const before = await states();
    const connection = database.connect(placeOf(sessions).storagePath);
    const { controller, does } = actingController();
    const options = { ...each.options, tableName, clock, cleanup: false as const };
    const app = await startApp(adapter, {
      sessions: SessionsModule.forRoot({ connection, ...options }),
      controllers: [controller, GuardedController],
    });
    does(async (session, response) => ({ done: await each.act?.(session, response) }));
    const faults = faultyConnection(connection);
    faults.failAt(number, fault);
    const brought = tokens.slice(0, each.cookies ?? 1).map(cookieOf);
    const asked = each.act ? app.http().post('/act') : app.http().get('/guarded');
    const answer: Response = await asked.set('Cookie', brought.join('; '));
    const calls = faults.calls();
    await app.close();
    await connection.close();
    return { answer, calls, before, after: await states() };
  }

  describe.each(ADAPTERS)('$name', (adapter) => {
    const isOwn = (index: number) => index % ADAPTERS.length === ADAPTERS.indexOf(adapter);
    const cases = SIZES.eachFramework ? CASES : CASES.filter((_, index) => isOwn(index));
    describe.each(cases)('$name', (each) => {
      it.each(FAULTS)(
        'a request succeeds or is a 503 that keeps the cookie, whichever of its statements is %s',
        async (fault) => {
          const whole = await run(adapter, each, 0, fault);
          expect(whole.answer.status).toBe(200);
          for (let number = 1; number <= whole.calls; number++) {
            const { answer, before, after } = await run(adapter, each, number, fault);
            if (answer.status !== 200) {
              expectRefusal(answer, 'SESSION_STORE_UNAVAILABLE');
            }
            if (answer.status === 200 && !each.mayPass) {
              expect(after).toEqual(whole.after);
              expect(cookiesOf(answer)).toHaveLength(cookiesOf(whole.answer).length);
            } else {
              expect([before, whole.after]).toContainEqual(after);
            }
          }
        },
      );
    });
  });
});
