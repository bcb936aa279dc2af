import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { All, Controller, HttpCode, Next, Post, Req, UseGuards } from '@nestjs/common';
import {
  AllowCrossOrigin,
  CurrentSession,
  getCurrentSession,
  OptionalSession,
  Session,
  SessionGuard,
  SessionsConfigurationError,
  SessionToken,
  SkipSession,
  type SessionEvent,
} from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';

const IDP = 'https://idp.example';
const PAY = 'https://pay.example:8443';

/** What Chromium sends with a form that a page of the provider posts. */
const POSTED = { Origin: IDP, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };

let act: (session: CurrentSession) => Promise<unknown>;

class BaseController {
  @Post('inherited')
  @AllowCrossOrigin(IDP)
  @UseGuards(SessionGuard)
  @OptionalSession()
  inherited(): string {
    return 'in';
  }

  @AllowCrossOrigin(IDP)
  overridden(): string {
    return 'base';
  }
}

@Controller()
@UseGuards(SessionGuard)
class ReturnController extends BaseController {
  @All('act')
  @HttpCode(200)
  @SkipSession()
  @AllowCrossOrigin(PAY, IDP)
  act(@CurrentSession() session: CurrentSession): Promise<unknown> {
    return act(session);
  }

  @Post('same')
  @HttpCode(200)
  @OptionalSession()
  @AllowCrossOrigin(IDP)
  async same(@CurrentSession() session: CurrentSession, @Req() request: object): Promise<object> {
    return { isSame: session === (await getCurrentSession(request)) };
  }

  @Post('guarded')
  @AllowCrossOrigin(IDP)
  guarded(): string {
    return 'in';
  }

  @Post('optional')
  @HttpCode(200)
  @OptionalSession()
  @AllowCrossOrigin(IDP)
  optional(@Session('userId') userId: string | undefined, @SessionToken() token?: string): object {
    return { userId: userId ?? null, hasToken: token !== undefined };
  }

  @Post('other')
  @OptionalSession()
  other(): string {
    return 'in';
  }

  @Post('overridden')
  @OptionalSession()
  override overridden(): string {
    return super.overridden();
  }
}

/** Fastify has no second handler of a route. */
@Controller()
class ChainController {
  @Post('chain')
  @OptionalSession()
  @AllowCrossOrigin(IDP)
  first(@CurrentSession() _: CurrentSession, @Next() next: () => void): void {
    next();
  }

  @Post('chain')
  @SkipSession()
  second(@CurrentSession() _: CurrentSession): string {
    return 'second';
  }
}

describeAdapters((adapter) => {
  const isExpress = adapter.name.startsWith('Express');
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    app = await startApp(adapter, {
      controllers: isExpress ? [ReturnController, ChainController] : [ReturnController],
      // Browsers send such a cookie with the POST too.
      options: { cookie: { sameSite: 'none' } },
    });
    token = await app.manager.createSession({ userId: 'ada' });
  });
  afterAll(() => app.close());

  const post = (path: string, headers: Record<string, string>) =>
    app.http().post(path).set(headers);
  const cookie = () => ({ Cookie: cookieOf(token) });

  if (isExpress) {
    it('a handler that the first one hands the request on to lets no origin in by itself', async () => {
      await post('/chain', POSTED).expect(403);
      await post('/chain', {}).expect(201, 'second');
    });
  }

  it.each<[string, Record<string, string>]>([
    ['a form of a listed origin', POSTED],
    ['a form of another listed origin', { ...POSTED, Origin: PAY }],
    ['a form of a sibling host', { ...POSTED, 'Sec-Fetch-Site': 'same-site' }],
    ['a form in a browser that sends only its origin', { Origin: IDP }],
  ])('a route that allows an origin gets no session and no SQL from %s', async (_, headers) => {
    act = async (session) => ({
      exists: session.exists,
      shown: [session.id, session.data, session.expiresAt].map((each) => each ?? null),
    });
    const statements = await app.statementsOf(async () => {
      const response = await post('/act', { ...headers, ...cookie() }).expect(200);
      expect(response.body).toEqual({ exists: false, shown: [null, null, null] });
      expect(cookiesOf(response)).toEqual([]);
    });
    expect(statements).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['of another origin', { ...POSTED, Origin: 'https://evil.example' }],
    ['of another port', { ...POSTED, Origin: `${IDP}:444` }],
    ['of another scheme', { ...POSTED, Origin: 'http://idp.example' }],
    ['of a longer host', { ...POSTED, Origin: `${IDP}.evil.example` }],
    ['with an origin in upper case', { ...POSTED, Origin: IDP.toUpperCase() }],
    ['with a hidden origin', { ...POSTED, Origin: 'null' }],
    ['without an origin', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' }],
    ['of a script', { ...POSTED, 'Sec-Fetch-Mode': 'cors' }],
    ['of a script that ignores the response', { ...POSTED, 'Sec-Fetch-Mode': 'no-cors' }],
    ['with an unknown mode', { ...POSTED, 'Sec-Fetch-Mode': 'Navigate' }],
  ])('a route that allows an origin refuses a request %s', async (_, headers) => {
    act = async () => ({ exists: true });
    for (const path of ['/act', '/guarded', '/optional']) {
      const response = await post(path, { ...headers, ...cookie() });
      expect([path, response.status, response.body.code]).toEqual([
        path,
        403,
        'SESSION_CROSS_ORIGIN',
      ]);
    }
  });

  it('only the route itself allows an origin, and not one that overrides it', async () => {
    await post('/other', POSTED).expect(403);
    await post('/overridden', POSTED).expect(403);
    await post('/inherited', { ...POSTED, ...cookie() }).expect(201);
  });

  it('a guard refuses an allowed cross-origin request as one without a session', async () => {
    const events: SessionEvent[] = [];
    const subscription = app.manager.events$.subscribe((event) => void events.push(event));
    expectRefusal(await post('/guarded', { ...POSTED, ...cookie() }), 'SESSION_MISSING');
    subscription.unsubscribe();
    expect(events).toMatchObject([{ type: 'rejected', reason: 'missing' }]);
    const response = await post('/optional', { ...POSTED, ...cookie() }).expect(200);
    expect(response.body).toEqual({ userId: null, hasToken: false });
  });

  it('start() is refused by name in an allowed cross-origin request, before any SQL', async () => {
    let error: unknown;
    act = async (session) => {
      error = await session.start({ userId: 'eve' }).catch((reason: unknown) => reason);
      return {};
    };
    const statements = await app.statementsOf(async () => {
      expect(cookiesOf(await post('/act', { ...POSTED, ...cookie() }).expect(200))).toEqual([]);
    });
    expect(statements).toEqual([]);
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect(String(error)).toMatch(/@AllowCrossOrigin\(\).*docs\/single-sign-on\.md/);
  });

  it.each<[string, (session: CurrentSession) => Promise<unknown>]>([
    ['update', (session) => session.update({})],
    ['renew', (session) => session.renew()],
    ['regenerate', (session) => session.regenerate()],
    ['list', (session) => session.list()],
  ])('%s() is a 401 in an allowed cross-origin request', async (_, work) => {
    act = work;
    expectRefusal(await post('/act', { ...POSTED, ...cookie() }), 'SESSION_MISSING');
  });

  it('end() leaves cookie and session as they are in an allowed cross-origin request', async () => {
    act = async (session) => session.end();
    expect(cookiesOf(await post('/act', { ...POSTED, ...cookie() }).expect(200))).toEqual([]);
    await expect(app.manager.retrieveSession(token)).resolves.toEqual({ userId: 'ada' });
  });

  it.each<[string, Record<string, string>]>([
    ['of our own page', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors' }],
    ['of no browser', {}],
  ])('a request %s to a route that allows an origin has its session', async (_, headers) => {
    act = async (session) => {
      const { userId } = session.data;
      return { userId, token: await session.start({ userId }) };
    };
    const own = await app.manager.createSession({ userId: 'bob' });
    const response = await post('/act', { ...headers, Cookie: cookieOf(own) }).expect(200);
    expect(response.body.userId).toBe('bob');
    expect(cookiesOf(response)).toEqual([expect.stringContaining(cookieOf(response.body.token))]);
    await post('/guarded', { ...headers, ...cookie() }).expect(201);
  });

  it('a GET of an allowed origin has its session, as any GET', async () => {
    act = async (session) => session.data;
    await app
      .http()
      .get('/act')
      .set({ ...POSTED, ...cookie() })
      .expect(200, { userId: 'ada' });
  });

  it('a bearer token has its session in a request of an allowed origin', async () => {
    act = async (session) => session.data;
    const headers = { ...POSTED, Authorization: bearerOf(token) };
    await post('/act', headers).expect(200, { userId: 'ada' });
  });

  it('every caller gets the same session in an allowed cross-origin request', async () => {
    const response = await post('/same', POSTED).expect(200);
    expect(response.body).toEqual({ isSame: true });
  });

  if (adapter.framework === 'express') {
    it('middleware can not read the session of an allowed request, since the route is not known yet', async () => {
      const reasons: unknown[] = [];
      const early = await startApp(adapter, {
        controllers: isExpress ? [ReturnController, ChainController] : [ReturnController],
        configure: (nest) =>
          void nest.use(async (request: object, _: unknown, next: () => void) => {
            await getCurrentSession(request).catch(({ code }) => reasons.push(code));
            next();
          }),
      });
      act = async (session) => ({ exists: session.exists });
      await early.http().post('/act').set(POSTED).expect(200, { exists: false });
      expect(reasons).toEqual(['SESSION_CROSS_ORIGIN']);
      await early.close();
    });
  }

  it('without csrf the decorator has no effect', async () => {
    const open = await startApp(adapter, {
      controllers: isExpress ? [ReturnController, ChainController] : [ReturnController],
      options: { csrf: false },
    });
    act = async (session) => ({ exists: session.exists });
    const own = await open.manager.createSession({});
    const headers = { ...POSTED, Cookie: cookieOf(own) };
    await open.http().post('/act').set(headers).expect(200, { exists: true });
    await open.close();
  });

  it('a trusted origin keeps its session on a route that allows it too', async () => {
    const open = await startApp(adapter, {
      controllers: isExpress ? [ReturnController, ChainController] : [ReturnController],
      options: { csrf: { trustedOrigins: [IDP] } },
    });
    act = async (session) => ({ exists: session.exists });
    const own = await open.manager.createSession({});
    const headers = { ...POSTED, Cookie: cookieOf(own) };
    await open.http().post('/act').set(headers).expect(200, { exists: true });
    await open.close();
  });
});

describe('@AllowCrossOrigin()', () => {
  const decorate = (...origins: unknown[]) => {
    class Example {
      back(): void {}
    }
    const decorator = (AllowCrossOrigin as (...all: unknown[]) => MethodDecorator)(...origins);
    const method = Object.getOwnPropertyDescriptor(Example.prototype, 'back')!;
    return () => Reflect.decorate([decorator], Example.prototype, 'back', method);
  };

  it.each([
    'null',
    '*',
    'https://*.example',
    `${IDP}/`,
    `${IDP}/path`,
    'HTTPS://idp.example',
    'idp.example',
    '',
    undefined,
    null,
    [IDP],
  ])(
    'a malformed origin in @AllowCrossOrigin() is refused, and the error names the handler: %j',
    (origin) => {
      const attempt = decorate(IDP, origin);
      expect(attempt).toThrow(SessionsConfigurationError);
      expect(attempt).toThrow(
        '@AllowCrossOrigin() on Example.back(): origins[1] must be an origin as browsers send it',
      );
    },
  );

  it('@AllowCrossOrigin() without an origin is refused, and the error names the handler', () => {
    expect(decorate()).toThrow('@AllowCrossOrigin() on Example.back() lists no origin');
  });

  it('@AllowCrossOrigin() is refused on a class', () => {
    class Example {}
    const attempt = () => (AllowCrossOrigin(IDP) as unknown as ClassDecorator)(Example);
    expect(attempt).toThrow(SessionsConfigurationError);
    expect(attempt).toThrow('put it on the methods');
  });

  it('a second @AllowCrossOrigin() on one handler is refused', () => {
    class Example {
      back(): void {}
    }
    const method = Object.getOwnPropertyDescriptor(Example.prototype, 'back')!;
    const decorators = [AllowCrossOrigin(IDP), AllowCrossOrigin(PAY)];
    const attempt = () => Reflect.decorate(decorators, Example.prototype, 'back', method);
    expect(attempt).toThrow('@AllowCrossOrigin() on Example.back() is there twice');
  });
});
