import { SetMetadata, type ExecutionContext } from '@nestjs/common';

const MAX_AGE = 'nestjs-server-sessions:max-age';
const BOUND_DEVICE = 'nestjs-server-sessions:bound-device';

/** Notes on a handler or class how many milliseconds ago the user may have proved who they are. */
export const withMaxAge = (maxAge: number): ClassDecorator & MethodDecorator =>
  SetMetadata(MAX_AGE, maxAge);

/** Notes on a handler or class that the session must be bound to the browser of the request. */
export const withBoundDevice = (): ClassDecorator & MethodDecorator =>
  SetMetadata(BOUND_DEVICE, true);

/** What a route demands of a session, besides that it is live. */
export interface RouteDemands {
  /** Milliseconds since the user proved who they are; `undefined` if it does not matter. */
  readonly maxAge: number | undefined;
  readonly boundDevice: boolean;
}

/** Returns what the handler demands, or else its class. */
export function demandsOf(context: ExecutionContext): RouteDemands {
  const read = (key: string): unknown =>
    Reflect.getMetadata(key, context.getHandler()) ?? Reflect.getMetadata(key, context.getClass());
  return {
    maxAge: read(MAX_AGE) as number | undefined,
    boundDevice: read(BOUND_DEVICE) === true,
  };
}
