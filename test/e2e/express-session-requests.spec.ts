import util from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionEvent } from 'nestjs-server-sessions';
import {
  PASSPORT_APPS,
  sidOf,
  type PassportApp,
  type PassportAppOptions,
} from '../support/applications/passport-apps.js';
import { cookiesOf } from '../support/http/responses.js';
import { isChosen } from '../support/runner/chosen-suites.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Stores a value by a session, which both libraries then see as changed. */
const keep = (session: any) => void (session.basket = ['apple']);

/** Lets the query of a request say what is done with its session. */
const byQuery =
  (acts: Record<string, (session: any, request: any) => unknown>): PassportAppOptions['act'] =>
  (session, request) =>
    acts[request.query.do]?.(session, request);

for (const [name, start] of Object.entries(PASSPORT_APPS)) {
  const isExpress = name === 'Express';
  const suite = isChosen('TEST_ADAPTERS', name) ? describe : describe.skip;
  suite(`requests of ${name} with the store`, () => {
    const open: PassportApp[] = [];
    const startOne = async (
      acts: Record<string, (session: any, request: any) => unknown>,
      options: PassportAppOptions = {},
    ) => {
      const app = await start({ ...options, act: byQuery(acts)! });
      open.push(app);
      const events: string[] = [];
      app.manager.events$.subscribe(({ type }: SessionEvent) => void events.push(type));
      return {
        ...app,
        events,
        /** The data of a session, without its cookie. */
        dataOf: async (sid: string) => {
          const { cookie: _, ...data } = await app.manager.retrieveSession(app.store.tokenFor(sid));
          return data as Record<string, unknown>;
        },
        endOf: async (sid: string) => {
          const { expiresAt } = await app.manager.inspectSession(app.store.tokenFor(sid));
          return expiresAt.getTime() - Date.now();
        },
      };
    };
    afterEach(async () => {
      await Promise.all(open.splice(0).map((app) => app.close()));
    });

    /** Checks a time that has become shorter while the test ran. */
    const expectAbout = (left: number, expected: number) => {
      expect(left).toBeLessThanOrEqual(expected);
      expect(left).toBeGreaterThan(expected - MINUTE / 2);
    };
    const lifeOfCookie = (response: { headers: Record<string, any> }) => {
      const [cookie] = cookiesOf(response as any);
      return Date.parse(/Expires=([^;]*)/i.exec(cookie!)![1]!) - Date.now();
    };

    it('a request that changes nothing writes no data', async () => {
      const { browser, events } = await startOne({ keep }, { maxAge: HOUR });
      const client = browser();
      await client.get('/act?do=keep').expect(200);
      await client.get('/act').expect(200);
      // express-session touches the row. @fastify/session has no touch.
      expect(events).toEqual(isExpress ? ['created', 'renewed'] : ['created']);
    });

    if (isExpress) {
      it('load() of the store gives the session of an id without a request', async () => {
        const { browser, store } = await startOne({ keep });
        const sid = sidOf(await browser().get('/act?do=keep').expect(200));
        const load = util.promisify(store.load.bind(store));
        expect(await load(sid)).toMatchObject({ id: sid, basket: ['apple'] });
        await util.promisify(store.destroy.bind(store))(sid);
        expect(await load(sid)).toBeUndefined();
      });
    }

    it.each([{ rolling: true }, ...(isExpress ? [{ resave: true }] : [])])(
      'a request that changes nothing writes with %j',
      async (options) => {
        const { browser, events } = await startOne({ keep }, { maxAge: HOUR, ...options });
        const client = browser();
        await client.get('/act?do=keep').expect(200);
        const response = await client.get('/act').expect(200);
        const written = isExpress && 'rolling' in options ? 'renewed' : 'updated';
        expect(events).toEqual(['created', written]);
        expect(cookiesOf(response)).toHaveLength('rolling' in options ? 1 : 0);
      },
    );

    it('parallel requests: one that changes nothing keeps the change of the other, and the last change wins', async () => {
      const arrived = new Map<string, () => void>();
      const waiting = (key: string) => new Promise<void>((leave) => arrived.set(key, leave));
      let isThere!: () => void;
      const app = await startOne({
        keep,
        wait: async () => {
          const left = waiting('wait');
          isThere();
          await left;
        },
        change: async (session) => {
          const left = waiting('change');
          isThere();
          await left;
          session.color = 'red';
        },
        quick: (session) => void (session.basket = ['pear']),
      });
      const client = app.browser();
      const sid = sidOf(await client.get('/act?do=keep'));
      const during = async (slow: string) => {
        const there = new Promise<void>((resolve) => (isThere = resolve));
        const response = client.get(`/act?do=${slow}`).then(({ status }) => status);
        await there;
        await client.get('/act?do=quick').expect(200);
        arrived.get(slow)!();
        expect(await response).toBe(200);
        return app.dataOf(sid);
      };
      expect(await during('wait')).toEqual({ basket: ['pear'] });
      await client.get('/act?do=keep').expect(200);
      expect(await during('change')).toEqual({ basket: ['apple'], color: 'red' });
    });

    it('regenerate() gives a new id without the data, and ends the old session', async () => {
      const app = await startOne({
        keep,
        regenerate: async (_, request) => {
          await util.promisify(request.session.regenerate).call(request.session);
          request.session.isNew = true;
        },
      });
      const client = app.browser();
      const before = await client.get('/act?do=keep');
      const after = await client.get('/act?do=regenerate').expect(200);
      expect(sidOf(after)).not.toBe(sidOf(before));
      expect(await app.dataOf(sidOf(after))).toEqual({ isNew: true });
      await expect(app.dataOf(sidOf(before))).rejects.toThrow('was ended');
      expect(await app.manager.countSessions()).toBe(1);
    });

    it('destroy() ends the session, and its id is not used again', async () => {
      const app = await startOne({
        keep,
        destroy: (session) => util.promisify(session.destroy).call(session),
      });
      const client = app.browser();
      const sid = sidOf(await client.get('/act?do=keep'));
      await client.get('/act?do=destroy').expect(200);
      expect(await app.manager.countSessions()).toBe(0);
      // The browser still has the old cookie.
      expect(sidOf(await client.get('/act?do=keep'))).not.toBe(sid);
      expect(await app.manager.countSessions()).toBe(1);
    });

    (isExpress
      ? it.each(['destroy', 'keep'] as const)
      : it.skip.each(['destroy', 'keep'] as const))(
      'a request that removes req.session ends the session by the option unset: %s',
      async (unset) => {
        const remove = (_: unknown, request: any) => void delete request.session;
        const app = await startOne({ keep, remove }, { unset });
        const client = app.browser();
        await client.get('/act?do=keep').expect(200);
        await client.get('/act?do=remove').expect(200);
        expect(await app.manager.countSessions()).toBe(unset === 'keep' ? 1 : 0);
      },
    );

    it('a changed cookie.maxAge counts for the cookie and the row, from then on', async () => {
      const app = await startOne(
        {
          keep,
          extend: (session) => {
            session.cookie.maxAge = 20 * HOUR;
            session.extended = true;
          },
        },
        { maxAge: HOUR, rolling: true },
      );
      const client = app.browser();
      const sid = sidOf(await client.get('/act?do=keep'));
      expectAbout(await app.endOf(sid), HOUR);
      for (const path of ['/act?do=extend', '/act']) {
        const response = await client.get(path).expect(200);
        expect(sidOf(response)).toBe(sid);
        expectAbout(lifeOfCookie(response), 20 * HOUR);
        expectAbout(await app.endOf(sid), 20 * HOUR);
      }
    });

    it('a cookie that ends with the browser has no end, and its row lives by the module', async () => {
      const app = await startOne({ keep }, { sessions: { expireTime: 5 * HOUR } });
      const response = await app.browser().get('/act?do=keep');
      expect(cookiesOf(response)[0]).not.toMatch(/Expires|Max-Age/i);
      expectAbout(await app.endOf(sidOf(response)), 5 * HOUR);
    });

    it('a login that is not remembered gives up the end of its cookie, and the row lives by the module', async () => {
      const app = await startOne(
        {
          forget: async (_, request) => {
            await util.promisify(request.session.regenerate).call(request.session);
            request.session.userId = 'ann';
            await util.promisify(request.session.save).call(request.session); // As Passport does.
            request.session.cookie.expires = isExpress ? false : null;
            request.session.remembered = false;
          },
        },
        { maxAge: 20 * 24 * HOUR, sessions: { expireTime: 5 * HOUR } },
      );
      const response = await app.browser().get('/act?do=forget').expect(200);
      expect(cookiesOf(response)[0]).not.toMatch(/Expires|Max-Age/i);
      expectAbout(await app.endOf(sidOf(response)), 5 * HOUR);
    });

    it('the loaded cookie tells what is left of its life, and keeps its first maxAge', async () => {
      const seen: { maxAge: number; originalMaxAge: number }[] = [];
      const look = ({ cookie: { maxAge, originalMaxAge } }: any) =>
        void seen.push({ maxAge, originalMaxAge });
      const app = await startOne({ keep, look }, { maxAge: HOUR });
      const client = app.browser();
      const sid = sidOf(await client.get('/act?do=keep'));
      await app.manager.renewSession(app.store.tokenFor(sid), { expireTime: HOUR / 2 });
      await client.get('/act?do=look').expect(200);
      expect(seen).toHaveLength(1);
      // @fastify/session counts again from each load.
      expectAbout(seen[0]!.maxAge, isExpress ? HOUR / 2 : HOUR);
      expectAbout(seen[0]!.originalMaxAge, HOUR);
    });

    it('the ids of genid are used, and one of another form is refused by name', async () => {
      let sid = 'a'.repeat(32);
      const save = (session: any) => {
        keep(session);
        return util
          .promisify(session.save)
          .call(session)
          .then(
            () => 'saved',
            ({ message }: Error) => message,
          );
      };
      const app = await startOne({ save }, { genid: () => sid });
      const response = await app.http().get('/act?do=save').expect(200, '"saved"');
      expect(sidOf(response)).toBe(sid);
      sid = 'short';
      const refused = await app.http().get('/act?do=save');
      expect(refused.text).toContain('32 to 128 characters');
      expect(await app.manager.countSessions()).toBe(1);
    });

    it('an id that nobody generated is not adopted', async () => {
      const app = await startOne({ keep });
      const other = await startOne({ keep });
      // Signed with the same secret, and unknown here.
      const given = await other.http().get('/act?do=keep');
      const [pair] = cookiesOf(given)[0]!.split(';');
      const response = await app.http().get('/act?do=keep').set('Cookie', pair!);
      expect(sidOf(response)).not.toBe(sidOf(given));
      await app.http().get('/act').set('Cookie', 'connect.sid=x; sessionId=x').expect(200);
      expect(await app.manager.countSessions()).toBe(1);
    });

    it('save() by hand passes the error of the database on', async () => {
      const save = async (session: any) => {
        keep(session);
        await app.manager.close();
        await util.promisify(session.save).call(session);
      };
      const app = await startOne({ save });
      await app.http().get('/act?do=save').expect(503);
    });

    it.each([{}, { cleanup: false } as const])(
      'reload() of a session that has ended meanwhile restores none of its data: %j',
      async (sessions) => {
        const app = await startOne(
          {
            keep,
            reload: async (session, request) => {
              await app.manager.removeAllSessions();
              await util
                .promisify(session.reload)
                .call(session)
                .catch(() => undefined);
              request.session.late = true;
            },
          },
          { rolling: true, sessions },
        );
        const client = app.browser();
        const sid = sidOf(await client.get('/act?do=keep'));
        await client.get('/act?do=reload').expect(200);
        if (isExpress || !('cleanup' in sessions)) {
          expect(await app.manager.countSessions()).toBe(0);
        } else {
          // @fastify/session takes the id for that of a new session, and no row says that it has ended.
          expect(await app.dataOf(sid)).toEqual({ late: true });
        }
      },
    );
  });
}
