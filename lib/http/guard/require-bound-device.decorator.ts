import { applyDecorators, UseGuards } from '@nestjs/common';
import { withBoundDevice } from './route-demands.js';
import { RequireSession } from './session-policy.decorator.js';
import { SessionGuard } from './session.guard.js';

/**
 * Guards a handler or a controller: it lets only sessions pass that are bound to the browser of the request (option
 * `deviceBound`); others get a 403 with the code `SESSION_UNBOUND`. For a payment or a change of a password, where a copied
 * cookie must not be enough, although browsers without the feature are shut out.
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
  applyDecorators(RequireSession(), UseGuards(SessionGuard), withBoundDevice());
