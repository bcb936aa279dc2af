import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { RequestSessions } from '../request/request-sessions.js';
import type { SessionRequest } from '../http-types.js';
import { requestOf } from '../request/request-of.js';
import { CHANNEL, type ChannelRequest } from '../request/request-source.js';
import { demandsOf } from './route-demands.js';
import { refuseForeignDecorator } from './foreign-session-decorator.js';
import { policyOn, type SessionPolicy } from './session-policy.decorator.js';

/**
 * Lets only requests with a live session pass; others get a 401, or a 503 if the database is unavailable. With
 * `rolling` it renews the session. `@PublicRoute()` and `@OptionalSession()` loosen it per controller or route,
 * `@RequireSession()` tightens it again. A decorator on the handler takes precedence over one on its class, which takes
 * precedence over one on a base class.
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

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const policy = policyFor(context);
    if (policy === 'skip') {
      return true;
    }
    if (context.getType() === 'http') {
      refuseForeignDecorator(context);
    }
    const request: ChannelRequest = this.requestOf(context);
    const state = RequestSessions.resolve(request, context);
    const session = await state.find();
    const { maxAge, boundDevice } = demandsOf(context);
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

/** Nest's metadata key of the guards of a handler or a class, its `GUARDS_METADATA`. */
const GUARDS = '__guards__';

/** Returns the policy that is nearest to the handler. */
function policyFor(context: ExecutionContext): SessionPolicy {
  return nearestPolicy(context.getHandler()) ?? nearestPolicy(context.getClass()) ?? 'require';
}

/**
 * Returns the policy of a class or of its nearest base class, or of a handler or of the function that it wraps: Nest reads
 * metadata through the prototypes of both, and some decorators put a wrapper before the method that has it.
 */
export function nearestPolicy(target: unknown): SessionPolicy | undefined {
  return typeof target === 'function' && target !== Function.prototype
    ? (statedOn(target) ?? nearestPolicy(Object.getPrototypeOf(target)))
    : undefined;
}

/**
 * Returns the policy of a handler or class itself. A `SessionGuard` on it requires a session, unless it has a policy
 * too.
 */
function statedOn(target: object): SessionPolicy | undefined {
  return policyOn(target) ?? (ownGuards(target).some(isSessionGuard) ? 'require' : undefined);
}

/**
 * Returns the guards without those of the base class. `@UseGuards()` puts these first, if the base class has them by
 * then. It adds at least one, so a list as long as that of the base class is the target's own.
 */
function ownGuards(target: object): unknown[] {
  const guards = (Reflect.getOwnMetadata(GUARDS, target) ?? []) as unknown[];
  const inherited = (Reflect.getMetadata(GUARDS, Object.getPrototypeOf(target)) ?? []) as unknown[];
  return guards.length > inherited.length && inherited.every((guard, at) => guard === guards[at])
    ? guards.slice(inherited.length)
    : guards;
}

/**
 * Whether a class requires a session of all its handlers, except those that have a policy themselves.
 *
 * @param isGuarded whether a `SessionGuard` checks every handler of the application
 */
export function requiresSession(type: object, isGuarded: boolean): boolean {
  const guards = (Reflect.getMetadata(GUARDS, type) ?? []) as unknown[];
  const policy = nearestPolicy(type) ?? 'require';
  return policy === 'require' && (isGuarded || guards.some(isSessionGuard));
}

/** Whether this is `SessionGuard`, a class that extends it, or an instance of either. */
export function isSessionGuard(guard: unknown): boolean {
  const instance: unknown = typeof guard === 'function' ? guard.prototype : guard;
  return guard === SessionGuard || instance instanceof SessionGuard;
}
