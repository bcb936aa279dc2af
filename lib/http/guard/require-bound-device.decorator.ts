import { applyDecorators, UseGuards } from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import { withBoundDevice } from './route-demands.js';
import { withPolicy } from './session-policy.decorator.js';
import { SessionGuard } from './session.guard.js';

/**
 * Guards a handler or a controller: it lets only sessions pass that are bound to the browser of the request (option
 * `deviceBound`); others get a 403 with the code `SESSION_UNBOUND`. Use it for a payment or a change of the password, if a
 * copied cookie must not be enough for it. Browsers that can't bind sessions are then shut out.
 *
 * @throws SessionsConfigurationError if the handler or class has another session policy
 * @example
 * ```ts
 * @Post('transfers') @RequireBoundDevice()
 * async transfer(@Body() body: Transfer) { … }
 * ```
 * @publicApi
 */
export const RequireBoundDevice = (): ClassDecorator & MethodDecorator =>
  requireBoundDevice(SessionGuard, DEFAULT_KIND);

/** @param guard the guard of the kind of sessions */
export const requireBoundDevice = (
  guard: typeof SessionGuard,
  kind: string,
): ClassDecorator & MethodDecorator =>
  applyDecorators(withPolicy('require', kind), UseGuards(guard), withBoundDevice(kind));
