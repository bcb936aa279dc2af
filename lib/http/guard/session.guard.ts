import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import { RequestSessions } from '../request/request-sessions.js';
import type { SessionRequest } from '../http-types.js';
import { requestOf } from '../source/request-of.js';
import { CHANNEL, type ChannelRequest } from '../source/request-source.js';
import { demandsOf } from './route-demands.js';
import { refuseForeignDecorator } from './foreign-session-decorator.js';
import { kindOfGuard, noteKind } from './guard-kind.js';
import { policyFor } from './route-policy.js';

/**
 * Lets only requests with a live session pass; others get a 401, or a 503 if the database is unavailable. With
 * `rolling` it renews the session. `@PublicRoute()` and `@OptionalSession()` loosen it per controller or route,
 * `@RequireSession()` tightens it again. A decorator on the handler takes precedence over one on its class, which takes
 * precedence over one on a base class.
 *
 * As a global guard it does not check a route whose handler or controller has the guard of another kind of sessions
 * (`defineSessions()`), unless they name this guard or its policy too.
 *
 * A handler with the `@Session()` of `@nestjs/common` gets a 500, which the log explains, if nothing sets `req.session`.
 *
 * @example
 * ```ts
 * @Controller() @UseGuards(SessionGuard)
 * export class AccountController {}
 * // or on every route of the application:
 * providers: [{ provide: APP_GUARD, useExisting: SessionGuard }]
 * ```
 * @publicApi
 */
@Injectable()
export class SessionGuard implements CanActivate {
  readonly #logger = new Logger(SessionGuard.name);
  readonly #kind = kindOfGuard(this)!;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const policy = policyFor(context, this.#kind);
    if (policy === 'skip') {
      return true;
    }
    if (context.getType() === 'http') {
      refuseForeignDecorator(context);
    }
    const request: ChannelRequest = this.requestOf(context);
    const state = RequestSessions.resolve(request, this.#kind, context);
    const session = await state.find();
    const { maxAge, boundDevice } = demandsOf(context, this.#kind);
    session.requireLive(policy === 'optional' && !boundDevice && maxAge === undefined);
    if (boundDevice) {
      session.requireDevice();
    }
    if (maxAge !== undefined) {
      session.requireFresh(maxAge);
    }
    if (request[CHANNEL]?.renews !== false) {
      await session.renewIfDue()?.catch((error: Error) => {
        this.#logger.warn(`A session was not renewed, but the request continues: ${error.message}`);
      });
    }
    state.guarded = true;
    return true;
  }

  /**
   * Returns the HTTP request of a context. Override it if another kind of context has a request of this application.
   */
  protected requestOf(context: ExecutionContext): SessionRequest {
    return requestOf(context);
  }
}

noteKind(SessionGuard, DEFAULT_KIND);
