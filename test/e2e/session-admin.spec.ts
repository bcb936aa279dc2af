import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  Module,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import {
  getCurrentSession,
  SessionGuard,
  SessionsConfigurationError,
  type SessionEvent,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { SessionAdminModule, type SessionAdminOptions } from 'nestjs-server-sessions/admin';
import { map } from 'rxjs';
import {
  describeAdapters,
  startApp,
  startError,
  type TestApp,
  type TestAppOptions,
} from '../support/applications/applications.js';
import { SupportDeskController } from '../support/applications/support-desk.controller.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { cookieOf, expectRefusal, secretOf } from '../support/http/responses.js';
import { eventually } from '../support/promises/eventually.js';

const HOUR = 60 * 60 * 1000;
const OPERATOR = { 'X-Operator': 'olga' };
const NO_SESSION = '01900000-0000-7000-8000-000000000000';

class OperatorGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-operator'] === 'olga';
  }
}

/** Every route, with a form that does something. */
const ROUTES: readonly (readonly ['get' | 'post', string, object])[] = [
  ['get', '/admin/sessions', {}],
  ['get', '/admin/sessions/style.css', {}],
  ['get', `/admin/sessions/session?id=${NO_SESSION}`, {}],
  ['get', '/admin/sessions/user?id=ann', {}],
  ['get', `/admin/sessions/session/${NO_SESSION}`, {}],
  ['post', `/admin/sessions/session/${NO_SESSION}/data`, {}],
  ['post', `/admin/sessions/session/${NO_SESSION}/end`, { reason: 'revoked' }],
  ['post', '/admin/sessions/user/end', { id: 'ann', reason: 'revoked' }],
  ['post', '/admin/sessions/all/end', { confirm: 'yes', reason: 'revoked' }],
];

const POSTS = ROUTES.filter(([method]) => method === 'post');
const idOf = (token: string) => token.split('.')[0]!;

describeAdapters((adapter) => {
  let app: TestApp;

  const start = async (
    admin: Partial<SessionAdminOptions> = {},
    options: SessionsModuleOptions = {},
    more: TestAppOptions = {},
  ) => {
    app = await startApp(adapter, {
      imports: [SessionAdminModule.forRoot({ guard: OperatorGuard, ...admin })],
      options: { expireTime: HOUR, ...options },
      ...more,
    });
  };
  afterEach(() => app?.close());

  const page = (path: string) => app.http().get(`/admin/sessions${path}`).set(OPERATOR);
  const form = (path: string, fields: object) =>
    app.http().post(`/admin/sessions${path}`).set(OPERATOR).type('form').send(fields);
  const login = (userId: string, userAgent = 'Firefox') =>
    app.manager.createSession(
      { userId, secret: 'data' },
      { client: { ip: '192.0.2.1', userAgent } },
    );
  const eventsOf = () => {
    const events: SessionEvent[] = [];
    app.manager.events$.subscribe((event) => events.push(event));
    return events;
  };

  describe('who may see the pages', () => {
    it.each(ROUTES)(
      'without the guard’s consent, %s %s is refused',
      async (method, path, fields) => {
        await start({ showData: true });
        const token = await login('ann');
        const response = await app.http()[method](path).type('form').send(fields);
        expect(response.status).toBe(403);
        expect(response.text).not.toContain('ann');
        expect(await app.manager.retrieveSession(token)).toBeDefined();
      },
    );

    it.each(POSTS)('a page of another origin can not %s to %s', async (_, path, fields) => {
      await start({ showData: true });
      const token = await login('ann');
      for (const headers of [
        { Origin: 'https://evil.example' },
        { Origin: 'null' },
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
      ]) {
        const response = await app
          .http()
          .post(path)
          .set(OPERATOR)
          .set(headers)
          .type('form')
          .send(fields);
        expect([response.status, response.body.code]).toEqual([403, 'SESSION_CROSS_ORIGIN']);
        expect(response.headers['cache-control']).toBe('no-store');
      }
      expect(await app.manager.retrieveSession(token)).toBeDefined();
    });

    it.each(ROUTES)(
      'the response to %s %s is strict and not stored',
      async (method, path, fields) => {
        await start({ showData: true });
        const { headers } = await app.http()[method](path).set(OPERATOR).type('form').send(fields);
        expect(headers).toMatchObject({
          'cache-control': 'no-store',
          'content-security-policy':
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
          'referrer-policy': 'same-origin',
          'x-content-type-options': 'nosniff',
        });
      },
    );

    it('the guard can inject what another module exports', async () => {
      @Injectable()
      class Operators {
        readonly names = ['olga'];
      }
      @Module({ providers: [Operators], exports: [Operators] })
      class OperatorsModule {}
      @Injectable()
      class NamedGuard implements CanActivate {
        constructor(private readonly operators: Operators) {}

        canActivate(context: ExecutionContext): boolean {
          const { headers } = context
            .switchToHttp()
            .getRequest<{ headers: Record<string, string> }>();
          return this.operators.names.includes(headers['x-operator']!);
        }
      }
      await start({ guard: NamedGuard, imports: [OperatorsModule] });
      await page('').expect(200);
      await page('').set('X-Operator', 'eve').expect(403);
    });

    it('operators can log in by a session, and SessionGuard comes before their guard', async () => {
      class StaffGuard implements CanActivate {
        async canActivate(context: ExecutionContext): Promise<boolean> {
          const { userId } = await getCurrentSession(context);
          return userId === 'olga';
        }
      }
      await start({ guard: [StaffGuard, SessionGuard] });
      const [olga, ann] = [await login('olga'), await login('ann')];
      expectRefusal(await app.http().get('/admin/sessions'), 'SESSION_MISSING');
      await app.http().get('/admin/sessions').set('Cookie', cookieOf(ann)).expect(403);
      await app.http().get('/admin/sessions').set('Cookie', cookieOf(olga)).expect(200);
    });

    it('a global SessionGuard demands no session of operators who are known otherwise', async () => {
      const global = { provide: APP_GUARD, useExisting: SessionGuard };
      await start({}, {}, { providers: [global] });
      await page('').expect(200);
      await app.http().get('/admin/sessions').expect(403);
    });
  });

  describe('the start', () => {
    const refusal = async (module: () => NonNullable<TestAppOptions['imports']>[number]) => {
      app = undefined!;
      let error: unknown;
      try {
        const imported = module();
        error = await startError(() => startApp(adapter, { imports: [imported] }));
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      return (error as Error).message;
    };

    it.each<[string, () => any]>([
      ['forRoot() without options', () => SessionAdminModule.forRoot(undefined!)],
      ['forRoot({})', () => SessionAdminModule.forRoot({} as SessionAdminOptions)],
      ['an empty list of guards', () => SessionAdminModule.forRoot({ guard: [] })],
      ['the class alone', () => SessionAdminModule],
    ])('a start without a guard is refused: %s', async (_, module) => {
      expect(await refusal(module)).toMatch(/^SessionAdminModule has no guard, so everybody could/);
    });

    it('a start with SessionGuard alone is refused', async () => {
      const message = await refusal(() => SessionAdminModule.forRoot({ guard: SessionGuard }));
      expect(message).toMatch(/lets every visitor with a session pass/);
    });

    it.each<[string, object]>([
      ['guard', { guard: 'operators' }],
      ['path', { guard: OperatorGuard, path: '' }],
      ['path', { guard: OperatorGuard, path: 'admin/:id' }],
      ['showData', { guard: OperatorGuard, showData: 'yes' }],
      ['shows', { guard: OperatorGuard, shows: true }],
    ])('a wrong option is refused by its name: %s', async (name, options) => {
      expect(
        await refusal(() => SessionAdminModule.forRoot(options as SessionAdminOptions)),
      ).toContain(name);
    });
  });

  describe('the page of a session', () => {
    const pageOf = async (token: string) =>
      (await page(`/session/${idOf(token)}`).expect(200)).text;

    it('shows whether the user has confirmed, and the agent who acts as the user', async () => {
      await start({}, { cookie: { secure: false } }, { controllers: [SupportDeskController] });
      const agent = await app.http().post('/login/agent').expect(200);
      expect(await pageOf(agent.body.token)).not.toContain('never');
      const cookie = `id=${agent.body.token}`;
      const entry = await app.http().post('/act-as/ann').set('Cookie', cookie).expect(200);
      const text = await pageOf(entry.body.token);
      expect(text).toContain('never'); // An agent does not prove to be the user.
      expect(text).toMatch(/Agent who acts[^]*user\?id=agent/);
    });

    it('shows a session without a user, and responds 404 if the id is empty or missing', async () => {
      await start();
      const token = await app.manager.createSession({ basket: [] });
      expect(await pageOf(token)).toMatch(/<dt>User<\/dt>\s*<dd>none/);
      await page('/session?id=').expect(404);
      await page('/session').expect(404);
    });

    it('a form without fields ends nothing', async () => {
      await start({ showData: true });
      const token = await login('ann');
      for (const path of [`/session/${idOf(token)}/end`, '/user/end', '/all/end']) {
        const post = () => app.http().post(`/admin/sessions${path}`).set(OPERATOR);
        await post().expect(400);
        for (const json of ['null', '[]', '"text"', '{}']) {
          await post().type('json').send(json).expect(400);
        }
      }
      await form('/session/no-id/end', { reason: 'revoked' }).expect(303);
      await expect(app.manager.countSessions()).resolves.toBe(1);
      await app.manager.removeSession(token);
      const { text } = await form(`/session/${idOf(token)}/data`, {}).expect(200);
      expect(text).toContain('The session has ended, and its data is deleted.');
    });
  });

  describe('the first page', () => {
    it('the newest sessions come first, live or not, and older ones on the next page', async () => {
      await start();
      const tokens: string[] = [];
      for (let index = 0; index < 60; index++) {
        tokens.push(await login(`user-${index}`));
        app.clock.advance(1);
      }
      await app.manager.removeSession(tokens[59]!);
      const first = await page('').expect(200);
      const ids = (text: string) =>
        Array.from(text.matchAll(/href="sessions\/session\/([0-9a-f-]{36})"/g), ([, id]) => id);
      expect(ids(first.text)).toEqual(tokens.slice(10).toReversed().map(idOf));
      expect(first.text).toMatch(/class="badge ended"><bdi>logout<[^]+class="badge live"/);
      const [, more] = /href="sessions(\?before=[0-9a-f-]{36})">Older sessions</.exec(first.text)!;
      const second = await page(more!);
      expect(ids(second.text)).toEqual(tokens.slice(0, 10).toReversed().map(idOf));
      expect(second.text).not.toContain('Older sessions</a>');
    });

    it('totals are counted in the background, and shown with their age', async () => {
      await start();
      const ended = await login('ann');
      await app.manager.removeSession(ended);
      await login('bob');
      app.clock.advance(2 * HOUR);
      await Promise.all([login('ann'), login('bob'), login('bob')]);
      expect((await page('')).text).toContain('They are being counted.');
      await eventually(async () => expect((await page('')).text).toContain('Counted'));
      const { text } = await page('');
      const numbers = Array.from(text.matchAll(/<dd>(\d+)<\/dd>/g), ([, count]) => Number(count));
      expect(numbers).toEqual([3, 1, 1]);
      expect(text).toMatch(/Counted (now|\d+ seconds? ago)\./);
      // Not counted again within a minute.
      await login('eve');
      const counts = await app.statementsOf(async () => {
        await page('');
      });
      expect(counts.filter((sql) => sql.includes('COUNT('))).toEqual([]);
    });

    it('a page without sessions says so', async () => {
      await start();
      expect((await page('')).text).toContain('There are none.');
    });
  });

  describe('search', () => {
    it('a session is found by its id, whatever surrounds it', async () => {
      await start();
      const id = idOf(await login('ann'));
      const found = await page(`/session?id=%20${id.toUpperCase()}%20`).expect(303);
      expect(
        new URL(found.headers['location']!, 'http://host/admin/sessions/session').pathname,
      ).toBe(`/admin/sessions/session/${id}`);
      for (const unknown of [NO_SESSION, 'ann', '%00', '../user', `${id}'`]) {
        const response = await page(`/session/${encodeURIComponent(unknown)}`);
        expect(response.status).toBe(404);
        expect(response.text).toContain('There is no session with this id');
      }
    });

    it('a user is found by the exact id', async () => {
      await start();
      const [hers, his] = [await login('ann'), await login('anna')];
      const { text } = await page('/user?id=ann').expect(200);
      expect(text).toContain(idOf(hers));
      expect(text).not.toContain(idOf(his));
      for (const other of ['Ann', 'ann%20', 'an', 'ann%25', 'ann_']) {
        expect((await page(`/user?id=${other}`)).text).not.toContain(idOf(hers));
      }
      for (const wrong of [
        '',
        '?id=',
        '?id=a&id=b',
        '?id=%00',
        `?id=${'x'.repeat(256)}`,
        '?id[a]=b',
      ]) {
        expect((await page(`/user${wrong}`)).status).toBe(400);
      }
    });

    it('the page of a session shows its life, and neither token, hash nor data', async () => {
      await start();
      const token = await login('ann');
      app.clock.advance(60_000);
      await app.manager.renewSession(token);
      const { text } = await page(`/session/${idOf(token)}`).expect(200);
      for (const part of [
        '2026-01-01 00:00:00 UTC',
        '1 minute ago',
        '2026-01-01 00:01:00 UTC',
        '192.0.2.1',
        'Firefox',
        'unbound',
        'in 1 hour',
      ]) {
        expect(text).toContain(part);
      }
      const [row] = await app.connection
        .query('SELECT secret_hash FROM server_sessions')
        .then(([rows]) => rows as { secret_hash: string }[]);
      for (const path of ['', `/session/${idOf(token)}`, '/user?id=ann']) {
        const shown = (await page(path)).text;
        expect(shown).not.toContain(secretOf(token));
        expect(shown).not.toContain(row!.secret_hash);
        expect(shown).not.toContain('secret');
      }
    });
  });

  describe('ending', () => {
    it('an operator ends one session, with a reason and an event', async () => {
      await start();
      const [one, other] = [await login('ann'), await login('ann')];
      const events = eventsOf();
      const id = idOf(one);
      const done = await form(`/session/${id}/end`, { reason: 'stolen' }).expect(303);
      expect(done.headers['location']).toBe(`../../../sessions/session/${id}?ended=1`);
      expect((await page(`/session/${id}?ended=1`)).text).toMatch(
        /One session was ended\.[^]+stolen/,
      );
      await expect(app.manager.retrieveSession(one)).rejects.toMatchObject({ reason: 'stolen' });
      expect(await app.manager.retrieveSession(other)).toBeDefined();
      expect(events).toMatchObject([{ type: 'removed', id, userId: 'ann', reason: 'by-id' }]);
      expect((await form(`/session/${id}/end`, { reason: 'again' })).headers['location']).toMatch(
        /ended=0$/,
      );
    });

    it('an operator ends all sessions of a user', async () => {
      await start();
      const tokens = [await login('a & b'), await login('a & b')];
      const other = await login('a');
      const events = eventsOf();
      const done = await form('/user/end', { id: 'a & b', reason: 'revoked' }).expect(303);
      expect(done.headers['location']).toBe('../../sessions/user?id=a%20%26%20b&ended=2');
      for (const token of tokens) {
        await expect(app.manager.retrieveSession(token)).rejects.toMatchObject({
          reason: 'revoked',
        });
      }
      expect(await app.manager.retrieveSession(other)).toBeDefined();
      expect(events.map(({ type }) => type)).toEqual(['removed', 'removed']);
      expect((await page('/user?id=a%20%26%20b&ended=2')).text).toMatch(
        /2 sessions were ended\.[^]+There are none\.[^]+revoked/,
      );
    });

    it('an operator ends all sessions of all users, if the box is ticked', async () => {
      await start();
      const tokens = [await login('ann'), await login('bob')];
      const refused = await form('/all/end', { reason: 'revoked' }).expect(400);
      expect(refused.text).toContain('Nothing was ended');
      expect(await app.manager.countSessions()).toBe(2);
      const done = await form('/all/end', { reason: 'leak', confirm: 'yes' }).expect(303);
      expect(done.headers['location']).toBe('../../sessions?ended=2');
      for (const token of tokens) {
        await expect(app.manager.retrieveSession(token)).rejects.toMatchObject({ reason: 'leak' });
      }
    });

    it.each([{}, { reason: '' }, { reason: 'Not A Word' }, { reason: ['a', 'b'] }, undefined])(
      'an ending without a valid reason ends nothing: %j',
      async (fields) => {
        await start();
        const token = await login('ann');
        const id = idOf(token);
        const paths = [
          [`/session/${id}/end`, {}],
          ['/user/end', { id: 'ann' }],
          ['/all/end', { confirm: 'yes' }],
        ] as const;
        for (const [path, more] of paths) {
          const response = await form(path, { ...more, ...fields });
          expect(response.status).toBe(400);
          expect(response.text).toContain('Nothing was ended');
        }
        await app.http().post(`/admin/sessions/session/${id}/end`).set(OPERATOR).expect(400);
        expect(await app.manager.retrieveSession(token)).toBeDefined();
      },
    );
  });

  describe('data', () => {
    it('data is shown only with showData, and each look is an event', async () => {
      await start({ showData: true });
      const token = await login('ann');
      const id = idOf(token);
      const events = eventsOf();
      expect((await page(`/session/${id}`)).text).not.toContain('&quot;secret&quot;');
      expect(events).toEqual([]);
      for (const looks of [1, 2]) {
        const { text } = await form(`/session/${id}/data`, {}).expect(200);
        expect(text).toContain('&quot;secret&quot;: &quot;data&quot;');
        expect(events).toHaveLength(looks);
      }
      expect(events[0]).toEqual({ type: 'viewed', id, userId: 'ann', at: expect.any(Date) });
      await app.manager.removeSession(token);
      expect((await form(`/session/${id}/data`, {})).text).toContain('its data is deleted');
      expect(events.filter(({ type }) => type === 'viewed')).toHaveLength(2);
    });

    it('data that can not be read says so', async () => {
      await start({ showData: true });
      const id = idOf(await login('ann'));
      await app.connection.query("UPDATE server_sessions SET data = '{'");
      expect((await form(`/session/${id}/data`, {}).expect(200)).text).toContain('can’t be read');
    });

    it('without showData there is no button, no data and no event', async () => {
      await start();
      const id = idOf(await login('ann'));
      const events = eventsOf();
      expect((await page(`/session/${id}`)).text).not.toMatch(/\bdata\b/i);
      expect((await form(`/session/${id}/data`, {}).expect(404)).text).not.toContain('secret');
      expect(events).toEqual([]);
    });
  });

  it('what clients sent is escaped wherever it is shown', async () => {
    await start({ showData: true });
    const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;`;
    const token = await app.manager.createSession(
      { userId: hostile, text: hostile },
      { client: { ip: `<b>${'9'.repeat(40)}`, userAgent: hostile } },
    );
    const id = idOf(token);
    const shown = await Promise.all([
      page(''),
      page(`/session/${id}`),
      page(`/user?id=${encodeURIComponent(hostile)}`),
      form(`/session/${id}/data`, {}),
    ]);
    await app.manager.removeSession(token);
    shown.push(await page(`/user?id=${encodeURIComponent(hostile)}`));
    for (const { text } of shown) {
      expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(text).toContain('&amp;lt;');
      expect(text).not.toMatch(/<script|<img|<b>|onerror=alert\(1\)>/);
      expect(text).not.toContain(`"'>`);
    }
  });

  it('links lead to the right place behind a global prefix, and with a slash at the end', async () => {
    const configure = (nest: INestApplication) => void nest.setGlobalPrefix('api/v1');
    await start({ path: 'staff/who' }, {}, { configure });
    const id = idOf(await login('ann'));
    const get = (path: string) => app.http().get(path).set(OPERATOR);
    const targets = async (path: string) => {
      const { text } = await get(path).expect(200);
      return Array.from(
        text.matchAll(/(?:href|action)="(?!data:)([^"]+)"/g),
        ([, to]) => new URL(to!, `http://host${path}`).pathname,
      );
    };
    const pages = ['', `/session/${id}`, '/user?id=ann'].map((path) => `/api/v1/staff/who${path}`);
    for (const path of [
      ...pages,
      ...(adapter.framework === 'express' ? ['/api/v1/staff/who/'] : []),
    ]) {
      const found = await targets(path);
      expect(found).toContain('/api/v1/staff/who/style.css');
      expect(found.filter((each) => !/^\/api\/v1\/staff\/who(\/|$)/.test(each))).toEqual([]);
    }
    expect((await get('/api/v1/staff/who/style.css').expect(200)).headers['content-type']).toMatch(
      /css/,
    );
  });

  it('an interceptor of the application does not wrap the pages', async () => {
    class Wrapping implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler) {
        return next.handle().pipe(map((data: unknown) => ({ data })));
      }
    }
    await start({}, {}, { providers: [{ provide: APP_INTERCEPTOR, useClass: Wrapping as Type }] });
    const { text, headers } = await page('').expect(200);
    expect(text).toMatch(/^<!doctype html>/);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it('the pages are a 503 while the database is away', async () => {
    await start({}, { timeout: 2000 });
    await takeAway(app.connection);
    expectRefusal(await page(''), 'SESSION_STORE_UNAVAILABLE');
    await bringBack(app.connection);
    await page('').expect(200);
  });
});
