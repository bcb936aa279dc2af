import { SetMetadata, type ExecutionContext } from '@nestjs/common';
import { metadataKey } from './metadata-key.js';

const MAX_AGE = 'max-age';
const BOUND_DEVICE = 'bound-device';

/** Notes on a handler or class how many milliseconds ago the user may have proved who they are. */
export const withMaxAge = (maxAge: number, kind: string): ClassDecorator & MethodDecorator =>
  SetMetadata(metadataKey(MAX_AGE, kind), maxAge);

/** Notes on a handler or class that the session must be bound to the browser of the request. */
export const withBoundDevice = (kind: string): ClassDecorator & MethodDecorator =>
  SetMetadata(metadataKey(BOUND_DEVICE, kind), true);

/** What a route demands of a session, besides that it is live. */
export interface RouteDemands {
  /** Milliseconds since the user proved who they are; `undefined` if it does not matter. */
  readonly maxAge: number | undefined;
  readonly boundDevice: boolean;
}

/** Returns what a route demands of a session of a kind. A demand of the handler takes precedence over that of its class. */
export function demandsOf(context: ExecutionContext, kind: string): RouteDemands {
  const read = (demand: string): unknown => {
    const key = metadataKey(demand, kind);
    return (
      Reflect.getMetadata(key, context.getHandler()) ?? Reflect.getMetadata(key, context.getClass())
    );
  };
  return {
    maxAge: read(MAX_AGE) as number | undefined,
    boundDevice: read(BOUND_DEVICE) === true,
  };
}
