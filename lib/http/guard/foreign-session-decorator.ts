import type { ExecutionContext } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';

/** Nest's metadata key of the parameters of a handler, its `ROUTE_ARGS_METADATA`. */
const PARAMETERS = '__routeArguments__';

/** How the key of a parameter with `@Session()` of Nest begins: with its `RouteParamtypes.SESSION`. */
const SESSION_PARAMETER = '7:';

/** Whether a handler has such a parameter. */
const handlers = new WeakMap<object, boolean>();

/**
 * Checks that a guarded handler does not take the session by the `@Session()` of `@nestjs/common`, which gives
 * `req.session`, while nothing sets that (docs/adr/0032-guarded-sessions-exist.md).
 *
 * @throws SessionsConfigurationError
 */
export function refuseForeignDecorator(context: ExecutionContext): void {
  const handler = context.getHandler();
  let isForeign = handlers.get(handler);
  if (isForeign === undefined) {
    isForeign = hasSessionParameter(context.getClass(), handler.name);
    handlers.set(handler, isForeign);
  }
  if (
    isForeign &&
    context.switchToHttp().getRequest<{ session?: unknown }>().session === undefined
  ) {
    throw new SessionsConfigurationError(
      `${context.getClass().name}.${handler.name}() has the @Session() of @nestjs/common, which gives req.session, but ` +
        'nothing sets that. Import Session from nestjs-server-sessions instead.',
    );
  }
}

function hasSessionParameter(controller: object, handler: string): boolean {
  const parameters = Reflect.getMetadata(PARAMETERS, controller, handler) as object | undefined;
  return Object.keys(parameters ?? {}).some((key) => key.startsWith(SESSION_PARAMETER));
}
