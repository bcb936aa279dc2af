import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import {
  CurrentSession,
  Session,
  SessionGuard,
  type SessionEvent,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { bearerOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { importSession, type LegacySession } from '../support/sessions/legacy-sessions.js';

interface Visits {
  userId: string;
  pages: string[];
}

const MINUTE = 60_000;
const GRACE = 30_000;
const DATA: Visits = { userId: 'ann', pages: [] };

/** Options of an application that was moved from `server-sessions` and kept its cookie. */
const MOVED = { acceptLegacyTokens: true, cookie: { name: 'sid' } };

const WRITES: [string, (session: CurrentSession<Visits>) => Promise<unknown>, string[]][] = [
  ['update with data', (session) => session.update({ ...DATA, pages: ['/tea'] }), ['/tea']],
  [
    'update with a change',
    (session) => session.update((data) => void data.pages.push('/a')),
    ['/a'],
  ],
  ['renew', (session) => session.renew(), []],
];

@Controller()
class PagesController {
  @Get('pages')
  @UseGuards(SessionGuard)
  pages(@Session('pages') pages: string[]) {
    return pages;
  }

  @Post('stream')
  @HttpCode(200)
  async stream(@CurrentSession() session: CurrentSession<Visits>, @Res() response: Raw) {
    const raw = response.raw ?? response;
    response.hijack?.();
    raw.write('begun, ');
    await session.update((data) => void data.pages.push('/stream'));
    await session.renew();
    raw.end('done');
  }
}

type Raw = ServerResponse & { raw?: ServerResponse; hijack?: () => void };

describeAdapters((adapter) => {
  const { controller, does } = actingController<Visits>();
  let app: TestApp<Visits>;
  let legacy: LegacySession;

  const start = async (options: SessionsModuleOptions = {}) => {
    app = await startApp(adapter, {
      controllers: [controller, PagesController],
      options: { ...MOVED, ...options },
    });
    legacy = await importIt();
  };
  const importIt = () =>
    importSession(
      { manager: app.manager, sequelize: app.connection, tableName: 'server_sessions' },
      DATA,
    );
  afterEach(() => app.close());

  const post = (path: string, ...tokens: string[]) =>
    app
      .http()
      .post(path)
      .set('Cookie', tokens.map((token) => `sid=${token}`).join('; '));
  const pages = (...tokens: string[]) =>
    app
      .http()
      .get('/pages')
      .set('Cookie', tokens.map((token) => `sid=${token}`).join('; '));
  /** Returns the token in the only cookie that a response sets. */
  const handedOver = (answer: Parameters<typeof cookiesOf>[0]): string => {
    const [cookie, ...others] = cookiesOf(answer);
    expect(others).toEqual([]);
    return /^sid=([^;]+);/.exec(cookie ?? '')![1]!;
  };

  describe('a legacy token in the cookie', () => {
    beforeEach(() => start());

    it('a legacy token in the cookie opens its session, and is kept by a request that only reads', async () => {
      const answer = await pages(legacy.token).expect(200, []);
      expect(cookiesOf(answer)).toEqual([]);
      await pages(legacy.token).expect(200);
    });

    it.each(WRITES)(
      'a legacy token in the cookie is replaced by %s in the same statement',
      async (_, write, expected) => {
        does(async (session) => {
          await write(session);
          return { exists: session.exists, id: session.id, pages: session.data?.pages };
        });
        let answer!: Awaited<ReturnType<typeof post>>;
        const statements = await app.statementsOf(async () => {
          answer = await post('/act', legacy.token).expect(200);
        });
        expect(statements.filter((sql) => !sql.startsWith('SELECT'))).toEqual([
          expect.stringMatching(/^UPDATE .*expires_at.*secret_hash/),
        ]);
        expect(answer.body).toEqual({ exists: true, id: legacy.id, pages: expected });
        const token = handedOver(answer);
        const cookies = cookiesOf(answer).map((cookie) => cookie.replace(/Expires=[^;]+; /, ''));
        expect(cookies).toEqual([
          `sid=${token}; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Lax`,
        ]);
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(token.split('.')[0]).toBe(legacy.id);
        await pages(token).expect(200, expected);
      },
    );

    it('a replaced legacy token is invalid once the requests in flight with it are over', async () => {
      does((session) => session.renew());
      await post('/act', legacy.token);
      app.clock.advance(GRACE - 1);
      await pages(legacy.token).expect(200);
      app.clock.advance(1);
      expectRefusal(await pages(legacy.token), 'SESSION_NOT_FOUND');
    });

    it('a legacy token is replaced once, however often the request writes', async () => {
      does(async (session) => {
        await Promise.all([session.update((data) => void data.pages.push('/a')), session.renew()]);
        await session.update((data) => void data.pages.push('/b'));
        return { token: await session.regenerate() };
      });
      const answer = await post('/act', legacy.token).expect(200);
      expect(handedOver(answer)).toBe(answer.body.token);
      await pages(answer.body.token).expect(200, ['/a', '/b']);
    });

    it('20 parallel requests with a legacy token keep every change, and one gets the new token', async () => {
      let number = 0;
      does(async (session) => {
        const page = `/${number++}`;
        await session.update((data) => void data.pages.push(page));
      });
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => post('/act', legacy.token)),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      const [answer, ...others] = answers.filter((each) => cookiesOf(each).length > 0);
      expect(others).toEqual([]);
      const { body } = await pages(handedOver(answer!));
      expect(body.toSorted()).toEqual(
        Array.from({ length: 20 }, (_, page) => `/${page}`).toSorted(),
      );
    });

    it.each(WRITES)(
      'a page that was open meanwhile can go on with %s by its replaced legacy token',
      async (_, write) => {
        does((session) => session.renew());
        const token = handedOver(await post('/act', legacy.token));
        does(write);
        const answer = await post('/act', legacy.token).expect(200);
        expect(cookiesOf(answer)).toEqual([]);
        await pages(token).expect(200);
      },
    );

    it('a replaced legacy token can not write once the new token was rotated or its session ended', async () => {
      for (const act of [
        (session: CurrentSession<Visits>) => session.regenerate({ grace: MINUTE }),
        (session: CurrentSession<Visits>) => session.end(),
      ]) {
        legacy = await importIt();
        does((session) => session.renew());
        const token = handedOver(await post('/act', legacy.token));
        does(act);
        await post('/act', token).expect(200);
        does((session) => session.update(DATA));
        expectRefusal(await post('/act', legacy.token), 'SESSION_MISSING');
      }
    });

    it('a replaced legacy token can not write if its grace ends during the change', async () => {
      does((session) => session.renew());
      const token = handedOver(await post('/act', legacy.token));
      does((session) =>
        session.update(async (data) => {
          app.clock.advance(GRACE);
          data.pages.push('/mine');
        }),
      );
      expectRefusal(await post('/act', legacy.token), 'SESSION_NOT_FOUND');
      await pages(token).expect(200, []);
    });

    it('a replaced legacy token can not write if the session gets another owner during the change', async () => {
      does((session) => session.renew());
      const token = handedOver(await post('/act', legacy.token));
      const bobs = { userId: 'bob', pages: ['/secret'] };
      does((session) =>
        session.update(async (data) => {
          await app.manager.updateSession(token, bobs);
          data.pages.push('/mine');
        }),
      );
      expectRefusal(await post('/act', legacy.token), 'SESSION_NOT_FOUND');
      await expect(app.manager.retrieveSession(token)).resolves.toEqual(bobs);
    });

    it.each(WRITES)(
      'a legacy token can only read in the grace of regenerate(): no %s',
      async (_, write) => {
        does((session) => session.regenerate({ grace: MINUTE }));
        const token = handedOver(await post('/act', legacy.token));
        does(write);
        const answer = await post('/act', legacy.token);
        expect([answer.status, answer.body.code]).toEqual([409, 'SESSION_CONFLICT']);
        await pages(legacy.token).expect(200, []);
        await pages(token).expect(200, []);
      },
    );

    it('regenerate() replaces a legacy token, which is invalid at once', async () => {
      does((session) => session.regenerate());
      const token = handedOver(await post('/act', legacy.token));
      await pages(token).expect(200);
      expectRefusal(await pages(legacy.token), 'SESSION_NOT_FOUND');
    });

    it('a legacy token ends its session, also just after it was replaced', async () => {
      does((session) => session.renew());
      const token = handedOver(await post('/act', legacy.token));
      does((session) => session.end());
      for (const wait of [0, GRACE]) {
        app.clock.advance(wait);
        const answer = await post('/act', legacy.token).expect(200);
        expect(cookiesOf(answer)).toEqual([expect.stringMatching(/^sid=; Max-Age=0;/)]);
        expectRefusal(await pages(token), 'SESSION_ENDED');
      }
    });

    it('a request that updates and ends a legacy session leaves no cookie and no session', async () => {
      does(async (session) => {
        await session.update(DATA);
        await session.end();
      });
      const answer = await post('/act', legacy.token).expect(200);
      expect(cookiesOf(answer)).toEqual([expect.stringMatching(/^sid=; Max-Age=0;/)]);
      await expect(app.manager.listSessions('ann')).resolves.toEqual([]);
    });

    it('a login replaces a legacy token', async () => {
      does((session) => session.start({ userId: 'ann', pages: ['/new'] }));
      const token = handedOver(await post('/act', legacy.token));
      expect(token.split('.')[0]).not.toBe(legacy.id);
      expectRefusal(await pages(legacy.token), 'SESSION_ENDED', 'replaced');
      await expect(app.manager.listSessions('ann')).resolves.toHaveLength(1);
    });

    it('a legacy token stays valid if the update is refused', async () => {
      does((session) => session.update({ ...DATA, userId: 'bob' }));
      const answer = await post('/act', legacy.token).expect(500);
      expect(cookiesOf(answer)).toEqual([]);
      await pages(legacy.token).expect(200, []);
    });

    it('a legacy token is replaced if the handler throws after the update', async () => {
      does(async (session) => {
        await session.update((data) => void data.pages.push('/kept'));
        throw new Error('the mail server is away');
      });
      const answer = await post('/act', legacy.token).expect(500);
      await pages(handedOver(answer)).expect(200, ['/kept']);
    });

    it('a legacy token stays valid if the headers are sent before the write', async () => {
      const answer = await post('/stream', legacy.token);
      expect(answer.text).toBe('begun, done');
      app.clock.advance(GRACE);
      await pages(legacy.token).expect(200, ['/stream']);
    });

    it('a legacy token stays valid if the headers are sent during the write', async () => {
      let written!: Promise<unknown>;
      does((session, response) => {
        const raw: ServerResponse = response.raw ?? response;
        const sent = new Promise((resolve) => raw.once('finish', resolve));
        written = session.update(async (data) => {
          await sent;
          data.pages.push('/late');
        });
      });
      const answer = await post('/act', legacy.token).expect(200);
      await written;
      expect(cookiesOf(answer)).toEqual([]);
      app.clock.advance(GRACE);
      await pages(legacy.token).expect(200, ['/late']);
      does((session) => session.renew());
      await pages(handedOver(await post('/act', legacy.token))).expect(200, ['/late']);
    });

    it.each([
      ['in its grace', 0],
      ['after it', GRACE],
    ])(
      'a legacy token has no effect beside its new token, as in a cookie of another path, %s',
      async (_, wait) => {
        does((session) => session.renew());
        const token = handedOver(await post('/act', legacy.token));
        app.clock.advance(wait);
        await pages(legacy.token, token).expect(200, []);
        await pages(token, legacy.token).expect(200, []);
        does((session) => session.regenerate());
        await pages(handedOver(await post('/act', legacy.token, token))).expect(200);
      },
    );

    it('a legacy token beside the session of another user is no session', async () => {
      expectRefusal(await pages(legacy.token, (await importIt()).token), 'SESSION_NOT_FOUND');
    });

    it('events report the replacement of a legacy token', async () => {
      const events: SessionEvent[] = [];
      app.manager.events$.subscribe((event) => void events.push(event));
      does((session) => session.update(DATA));
      await post('/act', legacy.token);
      await post('/act', legacy.token);
      expect(events.map(({ at: _, ...event }) => event)).toEqual([
        { type: 'updated', id: legacy.id },
        { type: 'regenerated', id: legacy.id },
        { type: 'updated', id: legacy.id },
      ]);
    });
  });

  describe('a token of this library in the cookie', () => {
    it.each(WRITES)('a current token in the cookie is kept by %s', async (_, write) => {
      await start();
      const token = await app.manager.createSession(DATA);
      does(write);
      expect(cookiesOf(await post('/act', token).expect(200))).toEqual([]);
      await pages(token).expect(200);
    });
  });

  describe('a legacy token in the Authorization header', () => {
    const asBearer = () => app.http().post('/act').set('Authorization', bearerOf(legacy.token));

    it.each<[string, SessionsModuleOptions]>([
      ['beside cookies', {}],
      ['without cookies', { transports: ['bearer'], cookie: undefined }],
    ])('a legacy token as a bearer stays valid through writes, %s', async (_, options) => {
      await start(options);
      for (const [, write] of WRITES) {
        does(write);
        expect(cookiesOf(await asBearer().expect(200))).toEqual([]);
      }
      does(async (session) => ({ token: await session.regenerate() }));
      const { token } = (await asBearer()).body;
      await expect(app.manager.inspectSession(token)).resolves.toMatchObject({ id: legacy.id });
    });
  });

  describe('a damaged legacy token in the Authorization header, beside the cookie of another user', () => {
    const damages: [string, (token: string) => string][] = [
      ['in upper case', (token) => `Bearer ${token.toUpperCase()}`],
      ['in quotes', (token) => `Bearer "${token}"`],
      ['padded', (token) => `Bearer ${token}==`],
      ['twice', (token) => `Bearer ${token}${token}`],
      ['after a tab', (token) => `Bearer\t${token}`],
      ['of another scheme', (token) => `Token ${token}`],
    ];
    const pagesOf = async (token: string, damage: (token: string) => string) => {
      const other = await importIt();
      return pages(token).set('Authorization', damage(other.token));
    };

    it.each(damages)('a legacy token never falls back to the cookie: %s', async (_, damage) => {
      await start();
      expectRefusal(await pagesOf(legacy.token, damage), 'SESSION_NOT_FOUND');
    });

    it.each(damages)(
      'without acceptLegacyTokens a legacy token is foreign, and the cookie counts: %s',
      async (_, damage) => {
        await start({ acceptLegacyTokens: false });
        const response = await pagesOf(await app.manager.createSession(DATA), damage);
        expect([response.status, response.body]).toEqual([200, []]);
      },
    );
  });

  describe('a rolling renewal', () => {
    it('a rolling renewal renews the session of a legacy token and keeps the token', async () => {
      await start({ rolling: true, expireTime: 30 * MINUTE });
      app.clock.advance(29 * MINUTE);
      expect(cookiesOf(await pages(legacy.token).expect(200))).toEqual([]);
      app.clock.advance(29 * MINUTE);
      await pages(legacy.token).expect(200);
    });
  });

  describe('without acceptLegacyTokens', () => {
    it('without acceptLegacyTokens a legacy token is not found, without SQL', async () => {
      await start({ acceptLegacyTokens: false });
      const statements = await app.statementsOf(async () =>
        expectRefusal(await pages(legacy.token), 'SESSION_NOT_FOUND'),
      );
      expect(statements).toEqual([]);
    });
  });
});
