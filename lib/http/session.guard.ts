import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { HttpSessions } from './http-sessions.js';
import type { SessionRequest } from './http-types.js';
import { requestOf } from './request-of.js';
import { SESSION_POLICY, type SessionPolicy } from './session-policy.decorator.js';

/**
 * Lets only requests with a live session pass; others get a 401, or a 503 where the database is away. With `rolling` it
 * renews the session. `@SkipSession()` and `@OptionalSession()` loosen it per controller or route.
 *
 * @example
 * ```ts
 * @Controller() @UseGuards(SessionGuard)
 * export class AccountController {}
 *
 * // or on every route of the application:
 * providers: [{ provide: APP_GUARD, useExisting: SessionGuard }]
 * ```
 * @publicApi
 */
@Injectable()
export class SessionGuard implements CanActivate {
  readonly #reflector: Reflector;
  readonly #logger = new Logger(SessionGuard.name);

  constructor(reflector: Reflector) {
    this.#reflector = reflector;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const policy = this.#reflector.getAllAndOverride<SessionPolicy | undefined>(SESSION_POLICY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (policy === 'skip') {
      return true;
    }
    const state = HttpSessions.stateOf(this.requestOf(context));
    const { admission } = await state.found;
    admission.requireLive(policy === 'optional');
    await admission.renewIfDue()?.catch((error: Error) => {
      this.#logger.warn(`A session was not renewed, and the request goes on: ${error.message}`);
    });
    state.guarded = true;
    return true;
  }

  /** The HTTP request of a context; to be overridden where another kind of context has a request of this application's. */
  protected requestOf(context: ExecutionContext): SessionRequest {
    return requestOf(context);
  }
}
