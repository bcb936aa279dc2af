import { Logger, type OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { SessionDataError, SessionsConfigurationError } from '../../common/session-error.js';
import type { LookedUp, OpenSession } from '../../manager/token/open-session.js';
import type { SessionService } from '../../manager/session-service.js';
import type { SessionClient } from '../../manager/session-record.js';
import type { ParsedToken } from '../../manager/token/token.js';
import { Admission } from '../guard/admission.js';
import type { ResolvedHttpOptions } from '../http.options.js';
import { CrossOriginProtection } from '../transport/cross-origin.js';
import { singleHeader, type SessionRequest, type SessionResponse } from '../http-types.js';
import { keepPrivate } from './caching.js';
import { RequestTokens } from './request-tokens.js';
import { RequestSession } from './request-session.js';
import type { RequestSessionContext } from './request-session-context.js';
import { ResponseWriter } from './session-response.js';
import { refused, toHttpException, type Refusal } from '../errors/session-http.exception.js';
import { readBearer } from '../transport/bearer.transport.js';
import { CookieTransport } from '../transport/cookie.transport.js';

/** Where a request finds the sessions of its application: a property of the Express application or the Fastify server. */
const REGISTRY = Symbol.for('nestjs-server-sessions');

/** Where a Fastify request finds its reply. */
const REPLY = Symbol('reply');

const logger = new Logger('Sessions');

interface Found {
  readonly session: RequestSession;
  readonly admission: Admission;
}

/** What is known of one request. */
interface RequestState {
  /**
   * The request's session. However many ask, it is looked up once; whether the request may use the cookie is decided for
   * each of them, since middleware may override the method of the request in between.
   *
   * @throws SessionHttpException for a request of another origin's page, before any SQL
   */
  readonly find: () => Promise<Found>;
  /** Whether a `SessionGuard` has let the request pass. */
  guarded: boolean;
}

type KnownRequest = SessionRequest & { [REPLY]?: SessionResponse };

/** The sessions of one HTTP application: finds the session of a request. */
export class RequestSessions implements OnModuleInit {
  /**
   * Where a request keeps what was found of its session. A key for each application, since an Express application that is
   * mounted in another handles the same request, with sessions and options of its own.
   */
  readonly #state = Symbol('session');
  readonly #sessions: SessionService;
  readonly #adapterHost: HttpAdapterHost;
  readonly #cookies: CookieTransport | undefined;
  readonly #crossOrigin: CrossOriginProtection | undefined;
  readonly #bearer: boolean;
  readonly #recordClient: boolean;

  constructor(
    sessions: SessionService,
    options: ResolvedHttpOptions,
    adapterHost: HttpAdapterHost,
  ) {
    this.#sessions = sessions;
    this.#adapterHost = adapterHost;
    this.#cookies = options.cookie && new CookieTransport(options.cookie, options.clearSiteData);
    this.#crossOrigin = options.csrf && new CrossOriginProtection(options.csrf);
    this.#bearer = options.bearer;
    this.#recordClient = options.recordClient;
  }

  /** Makes itself known to the requests of the application, where it has an HTTP server at all. */
  onModuleInit(): void {
    const instance: unknown = this.#adapterHost.httpAdapter?.getInstance();
    if (!instance) {
      return;
    }
    const registry = instance as { [REGISTRY]?: RequestSessions };
    if (registry[REGISTRY]) {
      throw new SessionsConfigurationError(
        'SessionsModule is configured twice in one application. Call forRoot() once, in the root module: ' +
          'its providers are global.',
      );
    }
    registry[REGISTRY] = this;
    if ('addHook' in (instance as object)) {
      (instance as FastifyHooks).addHook('onRequest', (request, reply, done) => {
        (request as KnownRequest)[REPLY] = reply;
        done();
      });
    }
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

  #open(request: KnownRequest, response: SessionResponse): RequestState {
    keepPrivate(response);
    const bearer = this.#bearer ? readBearer(singleHeader(request, 'authorization')) : undefined;
    // Who keeps the token itself gets none in a cookie, which would not be looked at beside the header.
    const cookies = bearer === undefined ? this.#cookies : undefined;
    const bearers = bearer === undefined ? [] : [bearer];
    const given = cookies ? cookies.read(request.headers['cookie']) : bearers;
    const answer = new ResponseWriter(response, cookies);
    const requireAllowedOrigin = () => {
      if (cookies && this.#crossOrigin?.allows(request) === false) {
        this.#sessions.reject('cross-origin');
        throw answer.failing(refused('cross-origin'));
      }
    };
    const client = () => this.#clientOf(request);
    const context = { sessions: this.#sessions, answer, client, requireAllowedOrigin };
    let found: Promise<Found> | undefined;
    return {
      guarded: false,
      find: async () => {
        requireAllowedOrigin();
        if (!found) {
          found = this.#find(given, cookies !== undefined, context);
          // Whoever asks gets the error; where nobody waits for it any more, it must not end the process.
          found.catch(() => {});
        }
        return found;
      },
    };
  }

  async #find(
    given: readonly string[],
    byCookie: boolean,
    context: RequestSessionContext<unknown>,
  ): Promise<Found> {
    const open: OpenSession<unknown>[] = [];
    const endable: ParsedToken[] = [];
    let cause: SessionDataError | undefined;
    let refusal: Refusal = given.length === 0 ? 'missing' : 'not-found';
    for (const text of given) {
      const token = this.#sessions.parse(text);
      if (!token) {
        continue;
      }
      const { status, record, damage } = await this.#lookUp(token, context.answer);
      if (record) {
        open.push({ token: text, credential: token.credential, status, record });
      } else if (status !== 'missing') {
        endable.push(token);
        if (status !== 'rotated') {
          refusal = status;
          cause = damage;
        }
      }
    }
    const inCookie = byCookie && given.length > 0;
    const tokens = new RequestTokens({ open, endable, inCookie, refusal, cause });
    return {
      session: new RequestSession(context, tokens),
      admission: new Admission(context, tokens),
    };
  }

  async #lookUp(
    token: ParsedToken,
    answer: ResponseWriter,
  ): Promise<(LookedUp<unknown> & { damage?: undefined }) | Damaged> {
    try {
      return await this.#sessions.lookUp(token);
    } catch (error) {
      if (error instanceof SessionDataError) {
        // Where no guard refuses the request, nobody else would ever tell.
        logger.warn(
          `The session ${token.credential.id} of a request can't be used: ${error.message}`,
        );
        return { status: 'damaged', record: undefined, damage: error };
      }
      throw answer.failing(toHttpException(error));
    }
  }

  #clientOf(request: SessionRequest): SessionClient {
    return this.#recordClient
      ? { ip: request.ip, userAgent: singleHeader(request, 'user-agent') }
      : {};
  }
}

interface Damaged {
  readonly status: 'damaged';
  readonly record: undefined;
  readonly damage: SessionDataError;
}

interface FastifyHooks {
  addHook(
    name: 'onRequest',
    hook: (request: unknown, reply: SessionResponse, done: () => void) => void,
  ): void;
}
