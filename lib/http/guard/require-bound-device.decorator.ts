import { SetMetadata, type ExecutionContext } from '@nestjs/common';

const REQUIRES_BOUND_DEVICE = 'nestjs-server-sessions:bound-device';

/**
 * Makes `SessionGuard` let only sessions pass that are bound to the browser of the request (option `deviceBound`); others
 * get a 403 with the code `SESSION_UNBOUND`. For a payment or a change of a password, where a copied cookie must not be
 * enough, although browsers without the feature are shut out. It is not a guard: it needs a `SessionGuard`.
 *
 * @example
 * ```ts
 * @Post('transfers') @UseGuards(SessionGuard) @RequireBoundDevice()
 * async transfer(@Body() body: Transfer) { … }
 * ```
 * @publicApi
 */
export const RequireBoundDevice = (): ClassDecorator & MethodDecorator =>
  SetMetadata(REQUIRES_BOUND_DEVICE, true);

/** Whether a handler or its class requires a bound session. */
export function requiresBoundDevice(context: ExecutionContext): boolean {
  return [context.getHandler(), context.getClass()].some(
    (target) => Reflect.getMetadata(REQUIRES_BOUND_DEVICE, target) === true,
  );
}
