import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import type { SessionClient, SessionDevice } from '../../manager/session-record.js';
import { RequestSessions } from '../request/request-sessions.js';
import { requestOf } from '../source/request-of.js';
import type { CurrentSession } from './current-session.decorator.js';
import { requireGuard } from './require-guard.js';

/**
 * Injects the session of a guarded request. It is the same object that `@CurrentSession()` injects, but its type knows that
 * the session exists: `id`, `data` and the dates need no check. The decorator and its type have the same name.
 *
 * @throws SessionsConfigurationError, a 500, if no `SessionGuard` ran; SessionHttpException, a 401, if
 * `@OptionalSession()` let a request without a session pass
 * @example
 * ```ts
 * @Get('account') @UseGuards(SessionGuard)
 * account(@GuardedSession() session: GuardedSession<ShopSession>) {
 *   return { products: session.data.basket.length, since: session.createdAt };
 * }
 * ```
 * @publicApi
 */
export const GuardedSession: () => ParameterDecorator = guardedSessionOf(DEFAULT_KIND);

/** Returns the decorator for the sessions of a kind. */
export function guardedSessionOf(kind: string): () => ParameterDecorator {
  return createParamDecorator(async (_: unknown, context: ExecutionContext) => {
    const state = RequestSessions.resolve(requestOf(context), kind, context);
    requireGuard(state.guarded, '@GuardedSession()', kind, context);
    const session = await state.find();
    session.requireLive(false);
    return session;
  });
}

/**
 * The session of a guarded request. After `end()` its properties are `undefined`, as those of `CurrentSession`.
 *
 * @typeParam T type of the session's data
 * @publicApi
 */
export interface GuardedSession<T = any> extends CurrentSession<T> {
  /** A guarded request has a live session. */
  readonly exists: true;
  /** The session's public identifier, which is no secret. */
  readonly id: string;
  /** The session's data, frozen. Change it with `update()`. */
  readonly data: T;
  /** When the session was created. */
  readonly createdAt: Date;
  /** When the session was last renewed. */
  readonly renewedAt: Date;
  /** When the session ends, if nothing renews it. */
  readonly expiresAt: Date;
  /** Where the session was started from. */
  readonly client: SessionClient;
  /** Whether the session is bound to the browser of the request (option `deviceBound`). */
  readonly device: SessionDevice;
}
