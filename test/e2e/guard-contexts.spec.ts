import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Req, type ExecutionContext } from '@nestjs/common';
import {
  AllowCrossOrigin,
  getCurrentSession,
  SessionGuard,
  SessionHttpException,
  SessionsConfigurationError,
  SkipSession,
} from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf } from '../support/http/responses.js';

class Handlers {
  guarded(): void {}

  @SkipSession()
  skipped(): void {}

  @AllowCrossOrigin('https://idp.example')
  allowed(): void {}
}

/** The minimum that Nest gives a guard in a context of this type. */
function contextOf(
  type: string,
  args: unknown[],
  handler: keyof Handlers = 'guarded',
): ExecutionContext {
  const context: Partial<ExecutionContext> = {
    getType: <Type extends string>() => type as Type,
    getArgs: <Args extends unknown[]>() => args as Args,
    getArgByIndex: <Arg>(index: number) => args[index] as Arg,
    getClass: <Class>() => Handlers as Class & typeof Handlers as never,
    getHandler: () => Handlers.prototype[handler],
    switchToHttp: () => ({
      getRequest: <Request>() => args[0] as Request,
      getResponse: <Response>() => args[1] as Response,
      getNext: <Next>() => args[2] as Next,
    }),
    switchToWs: () => ({
      getClient: <Client>() => args[0] as Client,
      getData: <Data>() => args[1] as Data,
      getPattern: () => '',
    }),
  };
  return context as ExecutionContext;
}

/** Takes the request of a socket from its handshake. */
class SocketGuard extends SessionGuard {
  protected override requestOf(context: ExecutionContext) {
    return context.switchToWs().getClient<{ handshake: any }>().handshake;
  }
}

let test: (request: object) => Promise<unknown>;

@Controller()
class RequestController {
  @Get()
  async give(@Req() request: object): Promise<unknown> {
    return { result: await test(request) };
  }
}

describeAdapters((adapter) => {
  let app: TestApp<string>;
  let guard: SessionGuard;

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [RequestController], providers: [SocketGuard] });
    guard = app.app.get(SessionGuard);
  });
  afterAll(() => app.close());

  /** Returns the facts about the request of a visitor, with or without a session. */
  const withRequest = async (work: (request: object) => Promise<unknown>, visits = 'session') => {
    test = work;
    const cookie = visits === 'session' ? cookieOf(await app.manager.createSession('hers')) : '';
    const request = app.http().get('/').set('Cookie', cookie).set('Sec-Fetch-Site', 'same-origin');
    return (await request.expect(200)).body.result;
  };

  describe.each([
    ['Apollo', (request: object) => ({ req: request })],
    ['Mercurius', (request: object) => ({ reply: { request } })],
  ])('a GraphQL context as %s makes it', (_, graphqlOf) => {
    const graphql = (request: object) => contextOf('graphql', [{}, {}, graphqlOf(request), {}]);

    it('the guard finds the session of the request in a GraphQL context', async () => {
      expect(await withRequest((request) => guard.canActivate(graphql(request)))).toBe(true);
      const refused = (request: object) =>
        guard.canActivate(graphql(request)).catch((error: SessionHttpException) => error.code);
      expect(await withRequest(refused, 'none')).toBe('SESSION_MISSING');
    });

    it('no handler allows another origin in a GraphQL context, since one request runs several', async () => {
      const codes = async (request: any) => {
        (request.raw ?? request).method = 'POST';
        const headers = { origin: 'https://idp.example', 'sec-fetch-site': 'cross-site' };
        Object.assign(request.headers, headers);
        const contexts = [
          contextOf('graphql', [{}, {}, graphqlOf(request), {}], 'allowed'),
          contextOf('http', [request], 'allowed'),
        ];
        const codeIn = (context: ExecutionContext) =>
          guard.canActivate(context).catch((error: SessionHttpException) => error.code);
        return Promise.all(contexts.map(codeIn));
      };
      expect(await withRequest(codes)).toEqual(['SESSION_CROSS_ORIGIN', 'SESSION_MISSING']);
    });

    it('a GraphQL context gives the same session as its request', async () => {
      const session = async (request: object) => {
        const current = await getCurrentSession<string>(graphql(request));
        return [current.data, current === (await getCurrentSession(request))];
      };
      expect(await withRequest(session)).toEqual(['hers', true]);
    });
  });

  describe.each(['ws', 'rpc', 'graphql', 'something else'])('a context of type %s', (type) => {
    it('a context without a request is refused with advice', async () => {
      const attempt = guard.canActivate(contextOf(type, [{}, {}, {}]));
      await expect(attempt).rejects.toThrow(SessionsConfigurationError);
      const again = guard.canActivate(contextOf(type, []));
      await expect(again).rejects.toThrow(
        new RegExp(`"${type}".*@SkipSession\\(\\).*requestOf\\(\\)`),
      );
    });

    it('the guard can be skipped in a context that is not HTTP', async () => {
      await expect(guard.canActivate(contextOf(type, [], 'skipped'))).resolves.toBe(true);
    });
  });

  it('a subclass of the guard can say where the request is', async () => {
    const sockets = app.app.get(SocketGuard);
    const connect = (handshake: object) => sockets.canActivate(contextOf('ws', [{ handshake }]));
    expect(await withRequest(connect)).toBe(true);
    const refused = (handshake: object) =>
      connect(handshake).catch((error: Error) => error instanceof SessionHttpException);
    expect(await withRequest(refused, 'none')).toBe(true);
  });

  it('a request without a response, as of a socket, is refused', async () => {
    const instance = app.app.getHttpAdapter().getInstance();
    const request = { method: 'GET', headers: {}, app: instance, server: instance };
    const sockets = app.app.get(SocketGuard);
    const attempt = sockets.canActivate(contextOf('ws', [{ handshake: request }]));
    await expect(attempt).rejects.toThrow(SessionsConfigurationError);
    await expect(getCurrentSession(request)).rejects.toThrow(
      'the response of the request does not exist yet',
    );
  });
});
