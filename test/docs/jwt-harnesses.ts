import { randomBytes } from 'node:crypto';
import { expect, it, jest } from '@jest/globals';
import {
  Controller,
  Get,
  Header,
  HttpCode,
  Module,
  Post,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import {
  CurrentSession,
  SessionGuard,
  SessionManager,
  SessionsModule,
} from 'nestjs-server-sessions';
import { SessionExchange, type ExchangeableCredential } from 'nestjs-server-sessions/exchange';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';

const ISSUER = 'https://shop.example';

/** The routes of an application, none of which knows JWTs. */
@Controller()
class AccountController {
  @Get('who')
  @Header('Cache-Control', 'public, max-age=60')
  who(@CurrentSession() { id, userId }: CurrentSession): object {
    return { id, userId };
  }

  @Post('logout')
  @HttpCode(200)
  async logout(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.end();
  }
}

interface Shop {
  readonly app: INestApplication;
  readonly sessions: SessionManager;
  /** Signs a JWT as the application did before. */
  readonly sign: (userId: string, options?: object) => string;
  readonly send: (method: string, path: string, bearer: string) => Promise<Response>;
}

const exchange: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    const withShop = async (work: (shop: Shop, Users: Type) => Promise<void>) => {
      process.env['EXCHANGE_SECRET'] = randomBytes(32).toString('base64url');
      process.env['JWT_SECRET'] = randomBytes(32).toString('base64url');
      const { ExchangeModule, Users } = await load<Record<string, Type>>(
        randomBytes(4).toString('hex'),
      );
      @Module({ imports: [ExchangeModule!], controllers: [AccountController] })
      class AppModule {}
      await withServer(AppModule, adapter(), async (_, __, app) => {
        const jwts = app.get(JwtService, { strict: false });
        const url = await app.getUrl();
        const shop: Shop = {
          app,
          sessions: app.get(SessionManager),
          sign: (subject, options) =>
            jwts.sign({}, { subject, issuer: ISSUER, expiresIn: '30d', ...options }),
          send: (method, path, bearer) =>
            fetch(url + path, { method, headers: { authorization: `Bearer ${bearer}` } }),
        };
        await work(shop, Users!);
      });
    };

    it('the snippet exchanges a JWT for one session of 50 requests, and hands out its token', async () => {
      await withShop(async ({ sessions, sign, send }) => {
        const userId = randomBytes(6).toString('hex');
        const jwt = sign(userId);
        const responses = await Promise.all(
          Array.from({ length: 50 }, () => send('GET', '/who', jwt)),
        );
        const [session, ...others] = await sessions.listSessions(userId);
        expect(others).toEqual([]);
        const token = responses[0]!.headers.get('session-token')!;
        for (const response of responses) {
          expect(await response.json()).toEqual({ id: session!.id, userId });
          expect(response.headers.get('session-token')).toBe(token);
          expect(response.headers.get('cache-control')).toBe('no-store');
        }
        const next = await send('GET', '/who', token);
        expect(await next.json()).toEqual({ id: session!.id, userId });
        expect(next.headers.has('session-token')).toBe(false);
      });
    });

    it('the snippet does not undo a logout', async () => {
      await withShop(async ({ sign, send }) => {
        const [unused, used] = [sign('ann', { jwtid: '1' }), sign('ann', { jwtid: '2' })];
        await send('GET', '/who', used);
        for (const jwt of [unused, used]) {
          expect((await send('POST', '/logout', jwt)).status).toBe(200);
          const response = await send('GET', '/who', jwt);
          expect(response.status).toBe(401);
          expect(await response.json()).toMatchObject({ code: 'SESSION_ENDED', reason: 'logout' });
        }
      });
    });

    it('the snippet refuses other algorithms, issuers, keys and ends, and JWTs from before a logout', async () => {
      await withShop(async ({ app, sign, send }, Users) => {
        const [header, payload] = sign('ann').split('.');
        const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
        const refused = [
          sign('ann', { algorithm: 'HS512' }),
          sign('ann', { issuer: 'https://other.example' }),
          sign('ann', { secret: 'another secret that is as long as this' }),
          sign('ann', { expiresIn: -1 }),
          `${none}.${payload}.`,
          `${header}.${payload}.AAAA`,
        ];
        const users = app.get(Users, { strict: false });
        users.validFrom = async (id: string) => (id === 'bob' ? Date.now() : 0);
        for (const jwt of [...refused, sign('bob')]) {
          const response = await send('GET', '/who', jwt);
          expect(response.status).toBe(401);
          expect(response.headers.has('session-token')).toBe(false);
        }
        expect((await send('GET', '/who', sign('ann'))).status).toBe(200);
      });
    });

    it('the snippet responds with a 503 if the database is down', async () => {
      await withShop(async ({ sessions, sign, send }) => {
        await sessions.close();
        const response = await send('GET', '/who', sign('ann'));
        expect(response.status).toBe(503);
        expect(await response.json()).toMatchObject({ code: 'SESSION_STORE_UNAVAILABLE' });
      });
    });
  });
};

const cookies: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    const withShop = async (work: (shop: CookieShop) => Promise<void>) => {
      const { ExchangeCookieGuard } = await load<Record<string, Type>>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [AccountController],
        providers: [
          {
            provide: SessionExchange,
            inject: [SessionManager],
            useFactory: (sessions: SessionManager) =>
              new SessionExchange(sessions, {
                secret: randomBytes(32).toString('base64url'),
                until: new Date(Date.now() + 60_000),
                verify: (key) =>
                  key === JWT
                    ? { key, expiresAt: new Date(Date.now() + 60_000), data: { userId: 'ann' } }
                    : undefined,
              }),
          },
          { provide: APP_GUARD, useClass: ExchangeCookieGuard! },
          { provide: APP_GUARD, useExisting: SessionGuard },
        ],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (_, __, app) => {
        const url = await app.getUrl();
        const send = (method: string, path: string, cookie: string, headers = {}) =>
          fetch(url + path, { method, headers: { cookie, ...headers } });
        await work({ sessions: app.get(SessionManager), send });
      });
    };

    it('the snippet sets the cookie of one session in place of the JWT, in parallel requests too', async () => {
      await withShop(async ({ sessions, send }) => {
        const jwt = `theme=dark; access_token=${JWT}`;
        const responses = await Promise.all(
          Array.from({ length: 10 }, () => send('GET', '/who', jwt)),
        );
        const [session, ...more] = await sessions.listSessions('ann');
        expect(more).toEqual([]);
        const set = responses.map(({ headers }) => headers.getSetCookie());
        expect(new Set(set.map(String)).size).toBe(1);
        const [cookie, cleared] = set[0]!;
        expect(cookie).toMatch(/^__Host-id=[\w.-]+; Path=\/; Max-Age=2592000; Secure; HttpOnly;/);
        expect(cleared).toBe('access_token=; Path=/; Max-Age=0');
        const next = await send('GET', '/who', `${jwt}; ${cookie!.split(';')[0]}`);
        expect(await next.json()).toEqual({ id: session!.id, userId: 'ann' });
        expect(next.headers.getSetCookie()).toEqual([]);
      });
    });

    it('the snippet exchanges nothing if two cookies of the name are sent', async () => {
      await withShop(async ({ sessions, send }) => {
        for (const planted of ['xxx.yyy.zzz', 'x', '', JWT]) {
          const pairs = [`access_token=${planted}`, `access_token=${JWT}`];
          for (const cookie of [pairs.join('; '), pairs.toReversed().join(';\t')]) {
            const response = await send('GET', '/who', cookie);
            expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
          }
        }
        await expect(sessions.countSessions()).resolves.toBe(0);
        const other = await send(
          'GET',
          '/who',
          `my_access_token=x; access_token=${JWT}; x=access_token=`,
        );
        expect(await other.json()).toMatchObject({ userId: 'ann' });
      });
    });

    it('the snippet clears both cookies at a logout, and refuses other origins and other JWTs', async () => {
      await withShop(async ({ sessions, send }) => {
        const jwt = `access_token=${JWT}`;
        const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
        expect((await send('POST', '/logout', jwt, foreign)).status).toBe(403);
        expect((await send('GET', '/who', `access_token=${JWT}x`)).status).toBe(401);
        const logout = await send('POST', '/logout', jwt);
        expect(logout.status).toBe(200);
        const names = logout.headers.getSetCookie().map((set) => set.split(';')[0]!);
        expect(names.toSorted()).toEqual(['__Host-id=', 'access_token=']);
        await expect(sessions.countSessions()).resolves.toBe(0);
        expect((await send('GET', '/who', jwt)).status).toBe(401);
      });
    });
  });
};

interface CookieShop {
  readonly sessions: SessionManager;
  readonly send: (
    method: string,
    path: string,
    cookie: string,
    headers?: object,
  ) => Promise<Response>;
}

const JWT = 'aaa.bbb.ccc';

/** What the snippet exports. */
interface Verifiers {
  readonly verifyBetterAuth: (
    cookie: string,
    getSession: (cookie: string) => Promise<object | null>,
  ) => Promise<ExchangeableCredential | undefined>;
  readonly verifyIronSession: (
    seal: string,
    unseal: (seal: string) => Promise<object>,
    ttl: number,
  ) => Promise<ExchangeableCredential | undefined>;
}

const others: Harness = ({ load }) => {
  it('the snippet takes the token, the end and the user from a session of better-auth', async () => {
    const { verifyBetterAuth } = await load<Verifiers>();
    const expiresAt = '2027-01-01T00:00:00.000Z';
    const found = { session: { token: 'abc', expiresAt }, user: { id: 'ann' } };
    await expect(verifyBetterAuth('abc.sig', async () => found)).resolves.toEqual({
      key: 'abc',
      expiresAt: new Date(expiresAt),
      data: { userId: 'ann' },
    });
    await expect(verifyBetterAuth('abc.sig', async () => null)).resolves.toBeUndefined();
  });

  it('the snippet takes a seal of iron-session for a credential, unless it is empty', async () => {
    const { verifyIronSession } = await load<Verifiers>();
    const unseal = jest.fn(async (_seal: string) => ({ userId: 'ann' }));
    const found = await verifyIronSession('Fe26.2*1', unseal, 60);
    expect(unseal).toHaveBeenCalledWith('Fe26.2*1');
    expect(found).toMatchObject({
      data: { userId: 'ann' },
      key: expect.stringMatching(/^\w{64}$/),
    });
    expect(found!.expiresAt.getTime()).toBeGreaterThan(Date.now());
    for (const form of ['Fe26.2*1~2', 'Fe26.2*1~2x', 'Fe26.2*1~1']) {
      await expect(verifyIronSession(form, unseal, 60)).resolves.toMatchObject({ key: found!.key });
    }
    await expect(verifyIronSession('x', async () => ({}), 60)).resolves.toBeUndefined();
  });
};

export const JWT_HARNESSES: Readonly<Record<string, Harness>> = {
  'exchange.module': exchange,
  'exchange-cookie.guard': cookies,
  'exchange-others': others,
};
