import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  All,
  Controller,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import {
  AllowCrossOrigin,
  CurrentSession,
  getCurrentSession,
  type SessionEvent,
} from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, cookieOf, cookiesOf } from '../support/http/responses.js';

const FOREIGN = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };

/** Reads the session, and then overrides the method, as an old form requests it. */
class OverridingGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await getCurrentSession(context).catch(() => undefined);
    const request = context.switchToHttp().getRequest();
    (request.raw ?? request).method = request.headers['x-http-method-override'];
    return true;
  }
}

let act: (session: CurrentSession) => Promise<unknown>;

@Controller()
class OverriddenController {
  @All('act')
  @UseGuards(OverridingGuard)
  async act(@CurrentSession() session: CurrentSession): Promise<unknown> {
    return act(session);
  }

  @All('allowed')
  @UseGuards(OverridingGuard)
  @AllowCrossOrigin(FOREIGN.Origin)
  async allowed(@CurrentSession() session: CurrentSession): Promise<unknown> {
    return act(session);
  }

  @All('allowed-late')
  @AllowCrossOrigin(FOREIGN.Origin)
  async allowedLate(@CurrentSession() session: CurrentSession): Promise<unknown> {
    return act(session);
  }

  @All('late')
  async late(@CurrentSession() session: CurrentSession): Promise<unknown> {
    return act(session);
  }
}

const WORKS: readonly ((session: CurrentSession) => Promise<unknown>)[] = [
  (session) => session.start({ userId: 'eve' }),
  (session) => session.update({ userId: 'ada', changed: true }),
  (session) => session.regenerate(),
  (session) => session.end(),
];

describeAdapters((adapter) => {
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [OverriddenController] });
    token = await app.manager.createSession({ userId: 'ada' });
  });
  afterAll(() => app.close());

  const send = (method: 'get' | 'post', override: string, headers: Record<string, string>) =>
    app
      .http()
      [method]('/act')
      .set({ ...FOREIGN, ...headers, 'X-HTTP-Method-Override': override });
  const cookie = () => ({ Cookie: cookieOf(token) });

  describe('a request whose session is read during a GET and that becomes a POST of another origin', () => {
    it('a request that became a foreign POST is refused to each caller, with one lookup', async () => {
      act = async (session) => session.end();
      const events: SessionEvent[] = [];
      const subscription = app.manager.events$.subscribe((event) => void events.push(event));
      const statements = await app.statementsOf(async () => {
        const answer = await send('get', 'POST', cookie());
        expect(answer.status).toBe(403);
        expect(answer.body).toMatchObject({ code: 'SESSION_CROSS_ORIGIN' });
        expect(cookiesOf(answer)).toEqual([]);
      });
      subscription.unsubscribe();
      expect(statements).toEqual([expect.stringContaining('SELECT')]);
      expect(events).toMatchObject([{ type: 'rejected', reason: 'cross-origin' }]);
    });

    it.each<[string, (session: CurrentSession) => Promise<unknown>]>([
      ['start', (session) => session.start({ userId: 'eve' })],
      ['update', (session) => session.update({ userId: 'ada', changed: true })],
      ['renew', (session) => session.renew()],
      ['regenerate', (session) => session.regenerate()],
      ['list', (session) => session.list()],
      ['end', (session) => session.end()],
    ])(
      '%s() refuses a request that became a foreign POST after its session was read',
      async (name, work) => {
        let request: { method: string };
        act = async (session) => {
          request.method = 'POST';
          return work(session);
        };
        const answer = await withRequests(
          (next) => (request = next),
          () =>
            app
              .http()
              .get('/late')
              .set({ ...FOREIGN, ...cookie() }),
        );
        expect([name, answer.status, answer.body.code]).toEqual([
          name,
          403,
          'SESSION_CROSS_ORIGIN',
        ]);
        expect(cookiesOf(answer)).toEqual([]);
        expect(await app.manager.retrieveSession(token)).toEqual({ userId: 'ada' });
      },
    );

    it('a request that became a foreign POST passes with a bearer token', async () => {
      act = async (session) => ({ exists: session.exists });
      await send('get', 'POST', { Authorization: bearerOf(token) }).expect(200, { exists: true });
    });
  });

  describe('a request that becomes a POST of an origin that its route allows', () => {
    it('a request that became a POST of an allowed origin has no session any more', async () => {
      act = async (session) => ({ exists: session.exists });
      const headers = { ...FOREIGN, ...cookie(), 'X-HTTP-Method-Override': 'POST' };
      await app.http().get('/allowed').set(headers).expect(200, { exists: false });
      const stays = { ...headers, 'X-HTTP-Method-Override': 'GET' };
      await app.http().get('/allowed').set(stays).expect(200, { exists: true });
    });

    it('a session that was read before the request became a POST of an allowed origin is refused', async () => {
      let request: { method: string };
      for (const work of WORKS) {
        act = async (session) => {
          request.method = 'POST';
          return work(session);
        };
        const answer = await withRequests(
          (next) => (request = next),
          () =>
            app
              .http()
              .get('/allowed-late')
              .set({ ...FOREIGN, ...cookie() }),
        );
        expect([answer.status, answer.body.code]).toEqual([403, 'SESSION_CROSS_ORIGIN']);
      }
      expect(await app.manager.retrieveSession(token)).toEqual({ userId: 'ada' });
    });
  });

  it('a request that was refused as a POST is looked up after it becomes a GET', async () => {
    act = async (session) => ({ exists: session.exists });
    const statements = await app.statementsOf(() =>
      send('post', 'GET', cookie()).expect(200, { exists: true }),
    );
    expect(statements).toHaveLength(1);
  });

  /** Returns the result of `ask` while each of Node's requests is given to `see`. */
  async function withRequests<Answer>(
    see: (request: { method: string }) => void,
    ask: () => PromiseLike<Answer>,
  ): Promise<Answer> {
    const server = app.app.getHttpServer();
    server.prependListener('request', see);
    try {
      return await ask();
    } finally {
      server.off('request', see);
    }
  }
});
