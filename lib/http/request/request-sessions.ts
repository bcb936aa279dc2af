import {
  type ArgumentsHost,
  type ExecutionContext,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { DEFAULT_KIND, moduleOfKind, nameOfKind } from '../../common/kind.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionService } from '../../manager/session-service.js';
import type { ResolvedHttpOptions } from '../http.options.js';
import type { SessionRequest, SessionResponse } from '../http-types.js';
import { BearerTransport } from '../transport/bearer.transport.js';
import { CookieTransport } from '../transport/cookie.transport.js';
import { CrossOriginProtection, type ResolvedCsrfOptions } from '../transport/cross-origin.js';
import { DeviceBound } from '../device/device-bound.js';
import { answerDevice } from '../device/device-route.js';
import { keepPrivate } from './caching.js';
import { HttpExchange, type HttpTransports } from './http-exchange.js';
import { CHANNEL, type ChannelRequest } from '../source/request-source.js';
import { RequestState } from './request-state.js';
import { configuredTwice, SessionKinds } from './session-kinds.js';

/** Returns the path of the route by which browsers bind sessions, behind the global prefix of the application. */
function deviceRoutePath(prefix: string, kind: string): string {
  const route = nameOfKind(kind, 'session-device', () => `session-device/${kind}`);
  return `/${[...prefix.split('/'), route].filter(Boolean).join('/')}`;
}

/** The property of a Fastify request that holds its reply. */
const REPLY = Symbol('reply');

type KnownRequest = ChannelRequest & { [REPLY]?: SessionResponse };

/** The sessions of one kind in an HTTP application: finds the session of a request. */
export class RequestSessions
  implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown
{
  /**
   * The property of a request that holds its state. Each kind has its own, and so has each application, since an Express
   * application that is mounted in another one handles the same request with other sessions and options.
   */
  readonly #state = Symbol('session');
  /** The option `csrf`, for integrations that check the origin of a handshake. */
  readonly csrf: ResolvedCsrfOptions | undefined;
  /** Whether tokens of the package `server-sessions` open sessions of this kind. */
  readonly #acceptsLegacyTokens: boolean;
  readonly #sessions: SessionService;
  readonly #adapterHost: HttpAdapterHost;
  readonly #transports: HttpTransports;
  #isLive = false;

  constructor(
    sessions: SessionService,
    { cookie, clearSiteData, bearer, csrf, recordClient, deviceBound }: ResolvedHttpOptions,
    acceptLegacyTokens: boolean,
    adapterHost: HttpAdapterHost,
    globalPrefix: () => string,
  ) {
    this.#acceptsLegacyTokens = acceptLegacyTokens;
    this.#sessions = sessions;
    this.#adapterHost = adapterHost;
    this.csrf = csrf;
    this.#transports = {
      cookies: cookie && new CookieTransport(cookie, clearSiteData),
      bearer: bearer ? new BearerTransport(() => this.#knowsLegacyTokens()) : undefined,
      crossOrigin: csrf && new CrossOriginProtection(csrf),
      recordClient,
      devices:
        cookie &&
        deviceBound &&
        new DeviceBound(sessions, deviceBound, cookie, () =>
          deviceRoutePath(globalPrefix(), sessions.kind),
        ),
    };
  }

  /** The kind of the sessions. */
  get kind(): string {
    return this.#sessions.kind;
  }

  /** An object that exists once per Nest application. */
  get application(): object {
    return this.#adapterHost;
  }

  /** Whether the application has started and is not closed. Nest does not report a failed start to its modules. */
  get isLive(): boolean {
    return this.#isLive;
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
   * Registers itself in the application, if that has an HTTP server.
   *
   * @throws SessionsConfigurationError if another module of this application already has sessions of this kind, or if
   * another application already has sessions on the same server
   */
  onModuleInit(): void {
    const instance = this.#instance;
    if (!instance) {
      return;
    }
    const isFirst = !SessionKinds.of(instance);
    SessionKinds.openFor(instance).add(this);
    if (isFirst) {
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
    const instance = this.#instance;
    if (instance && RequestSessions.of(instance, this.kind) !== this) {
      SessionKinds.closeFor(instance);
      throw configuredTwice(this.kind);
    }
    this.#isLive = true;
  }

  /** Requests that were in flight have their responses by now. */
  onApplicationShutdown(): void {
    this.#isLive = false;
  }

  /** Returns the sessions of one kind of an Express application or a Fastify server. */
  static of(instance: object | undefined, kind: string): RequestSessions | undefined {
    return SessionKinds.of(instance)?.get(kind);
  }

  /**
   * Returns the state of a request for the sessions of one kind.
   *
   * @param context the context of the request's handler, if the caller has one
   * @throws SessionsConfigurationError if the request's application has no module of this kind
   */
  static resolve(request: ChannelRequest, kind: string, context?: ArgumentsHost): RequestState {
    const known = request as KnownRequest;
    const sessions = RequestSessions.of(known.app ?? known.server, kind);
    const response = known.res ?? known[REPLY];
    if (!sessions || !response) {
      throw withoutSessions(kind);
    }
    const states = known as unknown as Record<symbol, RequestState | undefined>;
    const state = (states[sessions.#state] ??= sessions.#open(known, response));
    // An exception filter gets a context without a handler.
    if (isExecutionContext(context)) {
      state.context = context;
    }
    return state;
  }

  /**
   * Returns the states of a request for the kinds of sessions that were looked for so far, such as by guards; if there are
   * none, that of `SessionsModule`.
   *
   * @throws SessionsConfigurationError if the request's application has no sessions
   */
  static resolveUsed(request: ChannelRequest, context: ExecutionContext): RequestState[] {
    const { app, server } = request;
    const all = SessionKinds.of(app ?? server)?.all ?? [];
    const states = request as unknown as Record<symbol, RequestState | undefined>;
    const used = all.filter((each) => states[each.#state] !== undefined);
    const hasOnlyNamed = all.length > 0 && !all.some(({ kind }) => kind === DEFAULT_KIND);
    return used.length > 0 || hasOnlyNamed
      ? used.map(({ kind }) => RequestSessions.resolve(request, kind, context))
      : [RequestSessions.resolve(request, DEFAULT_KIND, context)];
  }

  get #instance(): HttpInstance | undefined {
    return this.#adapterHost.httpAdapter?.getInstance<HttpInstance>();
  }

  /** Returns whether any kind accepts legacy tokens. If so, no kind takes a legacy token for one of another system. */
  #knowsLegacyTokens(): boolean {
    return (
      this.#acceptsLegacyTokens ||
      SessionKinds.of(this.#instance)!.all.some((each) => each.#acceptsLegacyTokens)
    );
  }

  #open(request: ChannelRequest, response: SessionResponse): RequestState {
    keepPrivate(response);
    const exchange = new HttpExchange(request, response, this.#sessions, this.#transports);
    return new RequestState(this.#sessions, exchange, request[CHANNEL]);
  }
}

function withoutSessions(kind: string): SessionsConfigurationError {
  const session = nameOfKind(kind, 'a session', () => `a session of the kind "${kind}"`);
  const module = moduleOfKind(kind);
  return new SessionsConfigurationError(
    `This request can't have ${session}: the application does not import ${module}, or the response of the ` +
      `request does not exist yet. Import ${module}.forRoot() in the root module. On Fastify, use a guard or an ` +
      'interceptor instead of middleware or an early hook. For sockets, import SessionSocketsModule.',
  );
}

function isExecutionContext(context: ArgumentsHost | undefined): context is ExecutionContext {
  return Boolean((context as ExecutionContext | undefined)?.getHandler?.());
}

/** An Express application, or a Fastify server, which has hooks. */
interface HttpInstance {
  addHook?(
    name: 'onRequest',
    hook: (request: unknown, reply: SessionResponse, done: () => void) => void,
  ): void;
}
