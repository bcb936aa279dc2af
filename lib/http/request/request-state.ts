import type { ExecutionContext } from '@nestjs/common';
import { handled } from '../../common/async/handled.js';
import type { SessionService } from '../../manager/session-service.js';
import { allowedOriginsOf } from '../decorators/allow-cross-origin.decorator.js';
import { findSession, sessionWithoutToken } from './find-session.js';
import type { HttpExchange } from './http-exchange.js';
import type { RequestSession } from './request-session.js';
import type { Channel } from '../source/request-source.js';

/** The state of one request: its session, once something has asked for it, and what is known of its route. */
export class RequestState {
  /** Whether a `SessionGuard` has let the request pass. */
  guarded = false;
  /** The context of the handler, once the route is known. */
  context: ExecutionContext | undefined;
  readonly #sessions: SessionService;
  readonly #exchange: HttpExchange;
  readonly #channel: Channel | undefined;
  #session: Promise<RequestSession> | undefined;
  /** For a request that only its route lets in from another origin: the object that says that it has no session. */
  #withoutToken: RequestSession | undefined;

  constructor(sessions: SessionService, exchange: HttpExchange, channel: Channel | undefined) {
    this.#sessions = sessions;
    this.#exchange = exchange;
    this.#channel = channel;
  }

  /** Whether the token would come from the cookie. */
  get usesCookie(): boolean {
    return this.#exchange.usesCookie;
  }

  /** @throws SessionHttpException if a page of another origin sent the request and it would use the cookie */
  requireAllowedOrigin(): void {
    this.#exchange.requireAllowedOrigin();
  }

  /**
   * Returns the request's session. It is looked up once, but each call checks whether the request may use the cookie,
   * since middleware may override the request's method in between. A request that only its route lets in from another
   * origin has no session.
   *
   * @throws SessionHttpException if a page of another origin sent the request and it would use the cookie, before any
   * SQL
   */
  async find(): Promise<RequestSession> {
    if (this.#exchange.isCrossOrigin) {
      // This is checked for each handler: `next()` can lead to another route, which does not let the origin in.
      const withoutToken = this.#letIn();
      return (this.#withoutToken ??= sessionWithoutToken(this.#sessions, withoutToken));
    }
    return (this.#session ??= handled(this.#lookUp()));
  }

  async #lookUp(): Promise<RequestSession> {
    const session = await findSession(this.#sessions, this.#exchange);
    this.#channel?.found?.(session);
    return session;
  }

  /**
   * Returns the exchange of a cross-origin request without any token, if its route lets the request in.
   *
   * @throws SessionHttpException
   */
  #letIn(): HttpExchange {
    const withoutToken = this.context && this.#exchange.letIn(allowedOriginsOf(this.context));
    if (!withoutToken) {
      throw this.#exchange.crossOriginRefusal();
    }
    return withoutToken;
  }
}
