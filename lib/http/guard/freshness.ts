import { SetMetadata, type ExecutionContext } from '@nestjs/common';

const MAX_AGE = 'nestjs-server-sessions:max-age';

/** Notes on a handler or class how many milliseconds ago the user may have proved who they are. */
export const withMaxAge = (maxAge: number): ClassDecorator & MethodDecorator =>
  SetMetadata(MAX_AGE, maxAge);

/** Returns what the handler demands, or else its class; `undefined` if neither does. */
export function maxAgeOf(context: ExecutionContext): number | undefined {
  const [onHandler, onClass] = [context.getHandler(), context.getClass()].map(
    (target) => Reflect.getMetadata(MAX_AGE, target) as number | undefined,
  );
  return onHandler ?? onClass;
}
