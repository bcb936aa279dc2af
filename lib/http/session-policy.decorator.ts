import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** Metadata key of what a route asks of `SessionGuard`; the handler's counts before its controller's. */
export const SESSION_POLICY = 'nestjs-server-sessions:policy';

export type SessionPolicy = 'optional' | 'skip';

/**
 * Lets a route or controller be reached without `SessionGuard` looking at the session at all, also where the guard is
 * global. `@CurrentSession()` works there as anywhere.
 *
 * @example
 * ```ts
 * @Get('health') @SkipSession()
 * health() { return 'ok'; }
 * ```
 * @publicApi
 */
export const SkipSession = (): CustomDecorator => setPolicy('skip');

/**
 * Lets requests without a live session pass `SessionGuard`; `@Session()` is `undefined` then. With the database away the
 * answer is still a 503, and for a session that can't be read a 500: a login and a logout take `@SkipSession()`.
 *
 * @example
 * ```ts
 * @Get('home') @OptionalSession()
 * home(@Session('userId') userId?: string) { return `Hello ${userId ?? 'stranger'}`; }
 * ```
 * @publicApi
 */
export const OptionalSession = (): CustomDecorator => setPolicy('optional');

const setPolicy = (policy: SessionPolicy) => SetMetadata(SESSION_POLICY, policy);
