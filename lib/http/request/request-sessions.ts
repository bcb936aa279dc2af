import {
  type ArgumentsHost,
  type ExecutionContext,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { handled } from '../../common/handled.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionService } from '../../manager/session-service.js';
import { allowedOriginsOf } from '../decorators/allow-cross-origin.decorator.js';
import type { ResolvedHttpOptions } from '../http.options.js';
import type { SessionRequest, SessionResponse } from '../http-types.js';
import { BearerTransport } from '../transport/bearer.transport.js';
import { CookieTransport } from '../transport/cookie.transport.js';
import { CrossOriginProtection, type ResolvedCsrfOptions } from '../transport/cross-origin.js';
import { DeviceBound } from '../device/device-bound.js';
import { answerDevice } from '../device/device-route.js';
import { keepPrivate } from './caching.js';
import { HttpExchange, type HttpTransports } from './http-exchange.js';
import { findSession, sessionWithoutToken } from './find-session.js';
import { CHANNEL, type Channel, type ChannelRequest } from './request-source.js';
import type { RequestSession } from './request-session.js';

/**
 * The property of the Express application or the Fastify server in which a request finds its `RequestSessions`
 * (docs/adr/0002-a-request-finds-its-module.md).
 */
const REGISTRY = Symbol.for('nestjs-server-sessions');

/** Returns the path of the route by which browsers bind sessions, behind the global prefix of the application. */
const deviceRoutePath = (prefix: string) =>
  `/${[...prefix.split('/'), 'session-device'].filter(Boolean).join('/')}`;

/** The property of a Fastify request that holds its reply. */
const REPLY = Symbol('reply');

/** The state of one request. */
export interface RequestState {
  /**
   * Returns the request's session. It is looked up once, but each call checks whether the request may use the cookie,
   * since middleware may override the request's method in between. A request that only its route lets in from another
   * origin has no session.
   *
   * @throws SessionHttpException if a page of another origin sent the request and it would use the cookie, before any
   * SQL
   */
  readonly find: () => Promise<RequestSession>;
  /** @throws SessionHttpException if a page of another origin sent the request and it would use the cookie */
  readonly requireAllowedOrigin: () => void;
  /** Whether a `SessionGuard` has let the request pass. */
  guarded: boolean;
  /** The context of the handler, once the route is known. */
  context: ExecutionContext | undefined;
}

type KnownRequest = ChannelRequest & { [REPLY]?: SessionResponse };

/** The sessions of one HTTP application: finds the session of a request. */
export class RequestSessions
  implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown
{
  /**
   * The property of a request that holds its state. Each application has its own, since an Express application that is
   * mounted in another one handles the same request with other sessions and options.
   */
  readonly #state = Symbol('session');
  /** The option `csrf`, for integrations that check the origin of a handshake. */
  readonly csrf: ResolvedCsrfOptions | undefined;
  readonly #sessions: SessionService;
  readonly #adapterHost: HttpAdapterHost;
  readonly #transports: HttpTransports;
  /** Whether the application has started and is not closed. Nest does not say if it failed to start. */
  #isLive = false;

  constructor(
    sessions: SessionService,
    { cookie, clearSiteData, bearer, csrf, recordClient, deviceBound }: ResolvedHttpOptions,
    acceptLegacyTokens: boolean,
    adapterHost: HttpAdapterHost,
    globalPrefix: () => string,
  ) {
    this.#sessions = sessions;
    this.#adapterHost = adapterHost;
    this.csrf = csrf;
    this.#transports = {
      cookies: cookie && new CookieTransport(cookie, clearSiteData),
      bearer: bearer ? new BearerTransport(acceptLegacyTokens) : undefined,
      crossOrigin: csrf && new CrossOriginProtection(csrf),
      recordClient,
      devices:
        cookie &&
        deviceBound &&
        new DeviceBound(sessions, deviceBound, cookie, () => deviceRoutePath(globalPrefix())),
    };
  }

  /** Adds the route of `deviceBound`, before those of the application. No guard or pipe of the application runs there. */
  addRoutes(): void {
    const { devices } = this.#transports;
    const { httpAdapter } = this.#adapterHost;
    if (devices && httpAdapter) {
      httpAdapter.post(devices.path, (request: SessionRequest, response: SessionResponse) => {
        const exchange = new HttpExchange(request, response, this.#sessions, this.#transports);
        return answerDevice(this.#sessions, devices, exchange, request, response);
      });
    }
  }

  /**
   * Registers itself in the application, if that has an HTTP server. It replaces the entry of an application on the same
   * server that was closed or that never came up.
   *
   * @throws SessionsConfigurationError if another module of sessions serves these requests
   */
  onModuleInit(): void {
    const instance = this.#adapterHost.httpAdapter?.getInstance<HttpInstance>();
    if (!instance) {
      return;
    }
    const other = instance[REGISTRY];
    requireOwnCopy(other);
    if (other && (other.#isLive || other.#adapterHost === this.#adapterHost)) {
      throw configuredTwice();
    }
    instance[REGISTRY] = this;
    if (!other) {
      instance.addHook?.('onRequest', (request, reply, done) => {
        (request as KnownRequest)[REPLY] = reply;
        done();
      });
    }
  }

  /**
   * If another application on the same server started meanwhile, its sessions would open the routes of this one. So neither
   * serves any session.
   *
   * @throws SessionsConfigurationError
   */
  onApplicationBootstrap(): void {
    const instance = this.#adapterHost.httpAdapter?.getInstance<HttpInstance>();
    if (instance && instance[REGISTRY] !== this) {
      delete instance[REGISTRY];
      throw configuredTwice();
    }
    this.#isLive = true;
  }

  /** Requests that were in flight have their responses by now. */
  onApplicationShutdown(): void {
    this.#isLive = false;
  }

  /** Returns the sessions of an Express application or a Fastify server. */
  static of(instance: object | undefined): RequestSessions | undefined {
    const sessions = (instance as HttpInstance | undefined)?.[REGISTRY];
    requireOwnCopy(sessions);
    return sessions;
  }

  /**
   * Returns the state of a request.
   *
   * @param context the context of the request's handler, if the caller has one
   * @throws SessionsConfigurationError if the request's application has no `SessionsModule`
   */
  static resolve(request: ChannelRequest, context?: ArgumentsHost): RequestState {
    const known = request as KnownRequest;
    const sessions = RequestSessions.of(known.app ?? known.server);
    const response = known.res ?? known[REPLY];
    if (!sessions || !response) {
      throw new SessionsConfigurationError(
        "This request can't have a session: the application does not import SessionsModule, or the response of the " +
          'request does not exist yet. Import SessionsModule.forRoot() in the root module. On Fastify, use a guard or an ' +
          'interceptor instead of middleware or an early hook. For sockets, import SessionSocketsModule.',
      );
    }
    const states = known as unknown as Record<symbol, RequestState | undefined>;
    const state = (states[sessions.#state] ??= sessions.#open(known, response));
    // An exception filter gets a context without a handler.
    if (isExecutionContext(context)) {
      state.context = context;
    }
    return state;
  }

  #open(request: ChannelRequest, response: SessionResponse): RequestState {
    keepPrivate(response);
    const exchange = new HttpExchange(request, response, this.#sessions, this.#transports);
    let session: Promise<RequestSession> | undefined;
    let letIn: RequestSession | undefined;
    const state: RequestState = {
      guarded: false,
      context: undefined,
      requireAllowedOrigin: () => exchange.requireAllowedOrigin(),
      find: async () => {
        if (exchange.isCrossOrigin) {
          // For each handler: `next()` can lead to another route, which lets no origin in.
          const withoutToken = this.#letIn(exchange, state.context);
          return (letIn ??= sessionWithoutToken(this.#sessions, withoutToken));
        }
        return (session ??= handled(this.#find(exchange, request[CHANNEL])));
      },
    };
    return state;
  }

  async #find(exchange: HttpExchange, channel: Channel | undefined): Promise<RequestSession> {
    const session = await findSession(this.#sessions, exchange);
    channel?.found?.(session);
    return session;
  }

  /**
   * Returns a cross-origin request as one without a token, if its route lets the request in.
   *
   * @throws SessionHttpException
   */
  #letIn(exchange: HttpExchange, context: ExecutionContext | undefined): HttpExchange {
    const withoutToken = context && exchange.letIn(allowedOriginsOf(context));
    if (!withoutToken) {
      throw exchange.crossOriginRefusal();
    }
    return withoutToken;
  }
}

function configuredTwice(): SessionsConfigurationError {
  return new SessionsConfigurationError(
    'SessionsModule is configured twice in one application, or in two on one server. Call forRoot() only once, in the ' +
      'root module: its providers are global. Give each application its own server.',
  );
}

function isExecutionContext(context: ArgumentsHost | undefined): context is ExecutionContext {
  return Boolean((context as ExecutionContext | undefined)?.getHandler?.());
}

/** @throws SessionsConfigurationError if another copy of this package serves the application: its classes are not ours */
function requireOwnCopy(sessions: RequestSessions | undefined): void {
  if (sessions && !(sessions instanceof RequestSessions)) {
    throw new SessionsConfigurationError(
      'Two copies of nestjs-server-sessions are loaded, and one serves requests that the other asks about. ' +
        '`npm ls nestjs-server-sessions` shows them. Let all packages use one copy, such as by a peer dependency.',
    );
  }
}

/** An Express application, or a Fastify server, which has hooks. */
interface HttpInstance {
  [REGISTRY]?: RequestSessions;
  addHook?(
    name: 'onRequest',
    hook: (request: unknown, reply: SessionResponse, done: () => void) => void,
  ): void;
}
