import type { Server } from 'node:http';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionService } from '../../manager/session-service.js';
import type { VerifiedSession } from '../../manager/token/verified-session.js';
import type { ResolvedHttpOptions } from '../http.options.js';
import type { SessionRequest, SessionResponse } from '../http-types.js';
import { CookieTransport } from '../transport/cookie.transport.js';
import { CrossOriginProtection } from '../transport/cross-origin.js';
import { keepPrivate } from './caching.js';
import { HttpExchange, type HttpTransports } from './http-exchange.js';
import { RequestSession } from './request-session.js';
import { RequestTokens } from './request-tokens.js';

/**
 * Where a request finds the sessions of its application: a property of the Express application or the Fastify server
 * (docs/adr/0002-a-request-finds-its-module.md).
 */
const REGISTRY = Symbol.for('nestjs-server-sessions');

/** Where a Fastify request finds its reply. */
const REPLY = Symbol('reply');

const logger = new Logger('Sessions');

/** What is known of one request. */
interface RequestState {
  /**
   * The request's session. However many ask, it is looked up once; whether the request may use the cookie is decided for
   * each of them, since middleware may override the method of the request in between.
   *
   * @throws SessionHttpException for a request of another origin's page, before any SQL
   */
  readonly find: () => Promise<RequestSession>;
  /** Whether a `SessionGuard` has let the request pass. */
  guarded: boolean;
}

type KnownRequest = SessionRequest & { [REPLY]?: SessionResponse };

/** The sessions of one HTTP application: finds the session of a request. */
export class RequestSessions implements OnModuleInit, OnApplicationShutdown {
  /**
   * Where a request keeps what was found of its session. A key for each application, since an Express application that is
   * mounted in another handles the same request, with sessions and options of its own.
   */
  readonly #state = Symbol('session');
  readonly #sessions: SessionService;
  readonly #adapterHost: HttpAdapterHost;
  readonly #transports: HttpTransports;
  #hasServed = false;
  #isClosed = false;

  constructor(
    sessions: SessionService,
    { cookie, clearSiteData, bearer, csrf, recordClient }: ResolvedHttpOptions,
    adapterHost: HttpAdapterHost,
  ) {
    this.#sessions = sessions;
    this.#adapterHost = adapterHost;
    this.#transports = {
      cookies: cookie && new CookieTransport(cookie, clearSiteData),
      bearer,
      crossOrigin: csrf && new CrossOriginProtection(csrf),
      recordClient,
    };
  }

  /**
   * Makes itself known to the requests of the application, if it has an HTTP server. It replaces the entry of an application
   * on the same server that was closed or that never came up.
   *
   * @throws SessionsConfigurationError if another module of sessions serves these requests
   */
  onModuleInit(): void {
    const instance = this.#adapterHost.httpAdapter?.getInstance<HttpInstance>();
    if (!instance) {
      return;
    }
    const other = instance[REGISTRY];
    if (other && (other.#isLive || other.#adapterHost === this.#adapterHost)) {
      throw new SessionsConfigurationError(
        'SessionsModule is configured twice in one application. Call forRoot() once, in the root module: ' +
          'its providers are global.',
      );
    }
    instance[REGISTRY] = this;
    if (!other) {
      instance.addHook?.('onRequest', (request, reply, done) => {
        (request as KnownRequest)[REPLY] = reply;
        done();
      });
    }
  }

  /** Requests that were in flight have their responses by now. */
  onApplicationShutdown(): void {
    this.#isClosed = true;
  }

  /** Whether the application serves requests. One that failed to start never does, and Nest does not tell it so. */
  get #isLive(): boolean {
    const server = this.#adapterHost.httpAdapter?.getHttpServer() as Server | undefined;
    return !this.#isClosed && (this.#hasServed || server?.listening === true);
  }

  /**
   * What is known of a request.
   *
   * @throws SessionsConfigurationError where the request's application has no `SessionsModule`
   */
  static resolve(request: SessionRequest): RequestState {
    const known = request as KnownRequest;
    const application = (known.app ?? known.server) as { [REGISTRY]?: RequestSessions } | undefined;
    const sessions = application?.[REGISTRY];
    const response = known.res ?? known[REPLY];
    if (!sessions || !response) {
      throw new SessionsConfigurationError(
        'This request has no application with sessions, or no response. Import SessionsModule.forRoot() in the root ' +
          'module. (Sockets have none. Nor have middleware and early hooks on Fastify: use a guard or an interceptor.)',
      );
    }
    const states = known as unknown as Record<symbol, RequestState | undefined>;
    return (states[sessions.#state] ??= sessions.#open(known, response));
  }

  #open(request: SessionRequest, response: SessionResponse): RequestState {
    this.#hasServed = true;
    keepPrivate(response);
    const exchange = new HttpExchange(request, response, this.#sessions, this.#transports);
    let session: Promise<RequestSession> | undefined;
    return {
      guarded: false,
      find: async () => {
        exchange.requireAllowedOrigin();
        if (!session) {
          session = this.#find(exchange);
          // Each caller gets the error. If none waits for it any more, it must not end the process.
          session.catch(() => {});
        }
        return session;
      },
    };
  }

  async #find(exchange: HttpExchange): Promise<RequestSession> {
    const { given } = exchange;
    const verified: VerifiedSession<unknown>[] = [];
    for (const text of given) {
      const token = this.#sessions.verifier.parse(text);
      if (!token) {
        continue;
      }
      const session = await exchange.attempt(this.#sessions.verifier.verify(token));
      if (session.status === 'damaged') {
        // If no guard refuses the request, nothing else would ever tell.
        const { id } = token.credential;
        logger.warn(`The session ${id} of a request can't be used: ${session.cause?.message}`);
      }
      verified.push(session);
    }
    const refusal = given.length === 0 ? 'missing' : 'not-found';
    const inCookie = exchange.usesCookie && given.length > 0;
    const tokens = new RequestTokens(verified, refusal, inCookie);
    return new RequestSession(this.#sessions, exchange, tokens);
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
