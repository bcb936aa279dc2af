import { applyDecorators, UseGuards } from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import { checkMilliseconds } from '../../common/checks.js';
import { withMaxAge } from './route-demands.js';
import { withPolicy } from './session-policy.decorator.js';
import { SessionGuard } from './session.guard.js';

/**
 * Guards a handler or a controller: it lets only sessions pass whose user proved who they are in the last `maxAge`
 * milliseconds, by a login (`CurrentSession.start()`) or by `CurrentSession.confirm()`. Use it for a change of the password
 * or the address, for a payment, or for a view of secrets (OWASP ASVS 5.0, 7.5.1 and 7.5.3).
 *
 * Others get the code `SESSION_NOT_FRESH`: a 403, after which a page asks for the password and tries again. A request with a
 * bearer token gets a 401 with the challenge of RFC 9470. If handler and class have this decorator, the handler's counts.
 *
 * @param maxAge milliseconds
 * @throws SessionsConfigurationError if `maxAge` is wrong, or the handler or class has another session policy
 * @example
 * ```ts
 * @Post('email') @RequireFresh(5 * 60_000)
 * async changeEmail(@Body() body: NewEmail, @Session('userId') userId: string) { … }
 * ```
 * @publicApi
 */
export const RequireFresh = (maxAge: number): ClassDecorator & MethodDecorator =>
  requireFresh(maxAge, SessionGuard, DEFAULT_KIND);

/** @param guard the guard of the kind of sessions */
export const requireFresh = (
  maxAge: number,
  guard: typeof SessionGuard,
  kind: string,
): ClassDecorator & MethodDecorator =>
  applyDecorators(
    withPolicy('require', kind),
    UseGuards(guard),
    withMaxAge(checkMilliseconds('maxAge', maxAge), kind),
  );
