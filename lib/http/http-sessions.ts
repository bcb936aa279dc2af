import type { OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import {
  SessionExpiredError,
  SessionNotFoundError,
  SessionsConfigurationError,
} from '../common/session-error.js';
import type { SessionManager } from '../manager/session-manager.js';
import type { ResolvedHttpOptions } from './http.options.js';
import type { SessionRequest, SessionResponse } from './http-types.js';
import { RequestSession, withHeaders, type OpenSession } from './request-session.js';
import {
  SessionHttpException,
  toHttpException,
  type SessionHttpCode,
} from './session-http.exception.js';
import { readBearer } from './transport/bearer.transport.js';
import { CookieTransport } from './transport/cookie.transport.js';

/** Where a request finds the sessions of its application: a property of the Express application or the Fastify server. */
const REGISTRY = Symbol.for('nestjs-server-sessions');

/** Where a request keeps what was found of its session. */
const STATE = Symbol('session');

/** Where a Fastify request finds its reply. */
const REPLY = Symbol('reply');

/** What is known of one request. */
interface RequestState {
  /** The request's session, looked up once however many ask. */
  readonly session: Promise<RequestSession>;
  /** Whether a `SessionGuard` has let the request pass. */
  guarded: boolean;
}

type KnownRequest = SessionRequest & { [STATE]?: RequestState; [REPLY]?: SessionResponse };

/** The sessions of one HTTP application: finds the session of a request. */
export class HttpSessions implements OnModuleInit {
  readonly #manager: SessionManager;
  readonly #adapterHost: HttpAdapterHost;
  readonly #cookies: CookieTransport | undefined;
  readonly #bearer: boolean;

  constructor(manager: SessionManager, options: ResolvedHttpOptions, adapterHost: HttpAdapterHost) {
    this.#manager = manager;
    this.#adapterHost = adapterHost;
    this.#cookies = options.cookie && new CookieTransport(options.cookie);
    this.#bearer = options.bearer;
  }

  /** Makes itself known to the requests of the application, where it has an HTTP server at all. */
  onModuleInit(): void {
    const instance: unknown = this.#adapterHost.httpAdapter?.getInstance();
    if (!instance) {
      return;
    }
    (instance as { [REGISTRY]?: HttpSessions })[REGISTRY] = this;
    if ('addHook' in (instance as object)) {
      (instance as FastifyHooks).addHook('onRequest', (request, reply, done) => {
        (request as KnownRequest)[REPLY] = reply;
        done();
      });
    }
  }

  /**
   * What is known of a request, looked up now where it is the first to ask.
   *
   * @throws SessionsConfigurationError where the request's application has no `SessionsModule`
   */
  static stateOf(request: SessionRequest): RequestState {
    const known = request as KnownRequest;
    const application = (known.app ?? known.server) as { [REGISTRY]?: HttpSessions } | undefined;
    const sessions = application?.[REGISTRY];
    if (!sessions) {
      throw new SessionsConfigurationError(
        'This request belongs to no application with sessions. Import SessionsModule.forRoot() in its root module.',
      );
    }
    known[STATE] ??= { session: sessions.#sessionOf(known), guarded: false };
    return known[STATE];
  }

  async #sessionOf(request: KnownRequest): Promise<RequestSession> {
    const response = (request.res ?? request[REPLY])!;
    const { tokens, fromCookie } = this.#tokensOf(request);
    const open: OpenSession<unknown>[] = [];
    let refusal: SessionHttpCode = tokens.length === 0 ? 'SESSION_MISSING' : 'SESSION_NOT_FOUND';
    for (const token of tokens) {
      try {
        open.push({ token, record: await this.#manager.inspectSession(token) });
      } catch (error) {
        if (error instanceof SessionExpiredError) {
          refusal = 'SESSION_EXPIRED';
        } else if (!(error instanceof SessionNotFoundError)) {
          throw withHeaders(response, toHttpException(error));
        }
      }
    }
    const context = {
      manager: this.#manager,
      cookies: this.#cookies,
      response,
      client: { ip: request.ip, userAgent: [request.headers['user-agent']].flat()[0] },
    };
    return new RequestSession(context, open, new SessionHttpException(refusal), fromCookie);
  }

  #tokensOf({ headers }: SessionRequest): { tokens: string[]; fromCookie: boolean } {
    const bearer = this.#bearer ? readBearer([headers['authorization']].flat()[0]) : undefined;
    if (bearer !== undefined) {
      return { tokens: [bearer], fromCookie: false };
    }
    const tokens = this.#cookies?.read([headers['cookie']].flat().join('; ')) ?? [];
    return { tokens, fromCookie: tokens.length > 0 };
  }
}

interface FastifyHooks {
  addHook(
    name: 'onRequest',
    hook: (request: unknown, reply: SessionResponse, done: () => void) => void,
  ): void;
}
