import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionsModule, type SessionsModuleOptions } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController } from '../support/applications/shop.controller.js';
import type { TestDatabase } from '../support/databases/databases.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { emptyPlace } from '../support/databases/place.js';
import { challengeIn, DeviceBrowser, type DeviceResponse } from '../support/http/device-browser.js';

const WITHIN = 600_000;
/** By how much the clocks of the replicas differ. */
const DIFFERENCE = 5000;
/** How much longer a bound cookie counts than a browser keeps it. */
const SLACK = 5000;
/** How long a browser takes to sign a challenge. */
const SIGNING = 300;

/** For each of four requests, which of two replicas gets it. */
const ORDERS = Array.from({ length: 16 }, (_, order) =>
  [8, 4, 2, 1].map((bit) => (order & bit ? 1 : 0)),
);

/** Starts an application for each of several options, all with the same table. */
async function startReplicas(database: TestDatabase, ofEach: readonly SessionsModuleOptions[]) {
  const { place, remove } = emptyPlace(database);
  const connections: Sequelize[] = [];
  const replicas: TestApp[] = [];
  for (const options of ofEach) {
    const connection = place.storagePath === undefined ? database.connect() : undefined;
    connections.push(...(connection ? [connection] : []));
    const sessions = SessionsModule.forRoot({
      deviceBound: { within: WITHIN },
      tableName: place.tableName,
      timeout: LONG_TIMEOUT_MS,
      ...(connection ? { connection } : { storagePath: place.storagePath, ...database.driver }),
      ...options,
    });
    replicas.push(await startApp(ADAPTERS[0]!, { controllers: [ShopController], sessions }));
  }
  const close = async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    await Promise.all(connections.map((connection) => connection.close()));
    await remove();
  };
  return { replicas, close };
}

describeShared((database) => {
  describe('two replicas, the second of which is 5 s ahead', () => {
    let time = Date.UTC(2026, 0, 1);
    let replicas: TestApp[];
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ replicas, close } = await startReplicas(
        database,
        [0, DIFFERENCE].map((offset) => ({ clock: { now: () => time + offset } })),
      ));
    });
    afterAll(() => close());

    const statuses = async (browser: DeviceBrowser) => {
      const found: number[] = [];
      for (const replica of replicas) {
        browser.moveTo(replica);
        found.push((await browser.send('GET', '/me')).status);
      }
      return found;
    };
    /** Returns until when a browser keeps the bound cookie of a response. */
    const keptUntil = ({ headers }: DeviceResponse) =>
      time + 1000 * Number(/Max-Age=(\d+)/.exec(headers.getSetCookie().join())![1]);

    it.each(ORDERS)(
      'keep a browser signed in, and no copy: login at %i, registration at %i, challenge at %i, proof at %i',
      async (...order) => {
        const [login, registration, challenge, proof] = order.map((each) => replicas[each]!);
        const browser = new DeviceBrowser(login!);
        await browser.login();
        const early = browser.copy();
        time += SIGNING;
        browser.moveTo(registration!);
        const registered = await browser.register();
        expect(registered.status).toBe(200);
        const registeredUntil = keptUntil(registered);

        // A request that was on its way for half of the time that it has, since the clocks take the rest.
        const boundAt = time;
        time = boundAt + 4999;
        expect(await statuses(early)).toEqual([200, 200]);
        time = boundAt + 10_000 + DIFFERENCE;
        expect(await statuses(early)).toEqual([401, 401]);

        time = registeredUntil - 1;
        expect(await statuses(browser)).toEqual([200, 200]);

        time += 1;
        browser.cookies.delete('__Host-id.d');
        browser.moveTo(challenge!);
        const challengedAt = time;
        const asked = challengeIn(await browser.askForChallenge());
        time += SIGNING;
        browser.moveTo(proof!);
        const refreshed = await browser.refresh({ challenge: asked });
        expect(refreshed.status).toBe(200);
        const copy = browser.copy();
        time = keptUntil(refreshed) - 1;
        expect(await statuses(browser)).toEqual([200, 200]);
        time = challengedAt + WITHIN + SLACK + DIFFERENCE;
        expect(await statuses(copy)).toEqual([401, 401]);
      },
    );
  });

  describe('replicas of the deploys that turn encryption on and off', () => {
    const keys = [randomBytes(32)];
    const deploys = ['plain', 'reads', 'encrypts'];
    let replicas: TestApp[];
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ replicas, close } = await startReplicas(database, [
        {},
        { encryptionKeys: { encrypt: false, keys } },
        { encryptionKeys: keys },
      ]));
    });
    afterAll(() => close());

    const on = (deploy: string) => replicas[deploys.indexOf(deploy)]!;

    it.each([
      ['plain', 'reads'],
      ['reads', 'encrypts'],
      ['encrypts', 'reads'],
      ['reads', 'plain'],
    ])(
      'a session of the deploy %s is bound, used and proved beside the deploy %s',
      async (login, other) => {
        const browser = new DeviceBrowser(on(login));
        await browser.login();
        for (const deploy of [other, login]) {
          browser.moveTo(on(deploy));
          const { status } = await (deploy === other ? browser.register() : browser.refresh());
          expect(status).toBe(200);
          for (const each of [login, other]) {
            browser.moveTo(on(each));
            expect((await browser.send('GET', '/me')).status).toBe(200);
          }
        }
      },
    );

    it('a session that was bound by the deploy encrypts needs the keys after its data is plain again', async () => {
      const browser = new DeviceBrowser(on('encrypts'));
      await browser.login();
      await browser.register();
      browser.moveTo(on('reads'));
      await browser.send('POST', '/basket', {}, { product: 'tea' });
      expect((await browser.send('GET', '/basket')).body).toEqual(['tea']);
      browser.moveTo(on('plain'));
      expect(await browser.send('GET', '/basket')).toMatchObject({
        status: 500,
        body: { code: 'SESSION_DATA' },
      });
    });
  });
});
