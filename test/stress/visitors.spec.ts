import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SessionsModule } from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { placeOf } from '../support/databases/place.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { cookieOf } from '../support/http/responses.js';
import { startWorkers } from '../support/processes/workers.js';
import { SIZES } from './sizes.js';

interface Data {
  userId?: string;
  basket?: string[];
}

/** What a process stored in one basket, and the error that ended it. */
interface Filled {
  readonly stored: readonly string[];
  readonly end: string;
}

/** How many visitors log in at the same moment. */
const HEAT = 25;

describeShared((database) => {
  let sessions: TestSessions<Data>;
  let app: TestApp<Data>;
  const { controller, does } = actingController<Data>();

  beforeEach(async () => {
    sessions = await openSessions<Data>(database, { clock: Date, ...SIZES.options });
    const { sequelize, tableName } = sessions;
    const { storagePath } = placeOf(sessions);
    const where = storagePath === undefined ? { connection: sequelize } : { storagePath };
    app = await startApp<Data>(ADAPTERS[0]!, {
      controllers: [controller],
      sessions: SessionsModule.forRoot({ ...where, ...SIZES.options, tableName, cleanup: false }),
    });
  });
  afterEach(async () => {
    await app.close();
    await sessions.close();
  });

  it(`no product that 2 processes add during a login is lost, in ${SIZES.carriedLogins} races`, async () => {
    const order = { place: placeOf(sessions), options: { cleanup: false, ...SIZES.options } };
    const workers = await startWorkers<object, readonly Filled[]>('baskets.mjs', [
      { ...order, worker: 'a' },
      { ...order, worker: 'b' },
    ]);
    does(async (session) => ({
      token: await session.start({ userId: 'ann' }, { carry: ['basket'] }),
    }));
    const logIn = async (visitor: string) => {
      await pause(Math.random() * 20);
      // A login that lost to many updates in a row is refused, and its user tries again.
      for (;;) {
        const { status, body } = await app.http().post('/act').set('Cookie', cookieOf(visitor));
        if (status === 200) {
          return (await sessions.manager.retrieveSession(body.token)).basket;
        }
        expect(body.code).toBe('SESSION_CONFLICT');
      }
    };
    let stored = 0;
    for (let raced = 0; raced < SIZES.carriedLogins; raced += HEAT) {
      const tokens = await Promise.all(
        Array.from({ length: HEAT }, () => sessions.manager.createSession({ basket: [] })),
      );
      const filling = workers.work([{ tokens }, { tokens }]);
      const baskets = await Promise.all(tokens.map(logIn));
      const filled = await filling;
      for (const [index, basket] of baskets.entries()) {
        const products = filled.flatMap((each) => each[index]!.stored);
        stored += products.length;
        expect(basket!.toSorted()).toEqual(products.toSorted());
      }
      expect(new Set(filled.flat().map(({ end }) => end))).toEqual(
        new Set(['ERR_SESSION_NOT_FOUND']),
      );
    }
    await workers.end();
    // Otherwise there was no race.
    expect(stored).toBeGreaterThan(SIZES.carriedLogins);
  });
});
