import { SetMetadata } from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { metadataKey } from './metadata-key.js';

/** The metadata key of the policy for the sessions of a kind. */
const keyOf = (kind: string) => metadataKey('policy', kind);

/** How `SessionGuard` treats requests without a live session. */
export type SessionPolicy = 'require' | 'optional' | 'skip';

/**
 * Makes `SessionGuard` require a session again: on a handler whose class has `@PublicRoute()` or `@OptionalSession()`, or on
 * a class whose base class has one of them. It is not a guard: it needs a `SessionGuard` on the route or a global one.
 *
 * @throws SessionsConfigurationError if the handler or class already has another policy
 * @example
 * ```ts
 * @Controller('admin') @RequireSession()
 * export class AdminController extends PublicController {}
 * ```
 * @publicApi
 */
export const RequireSession = (): ClassDecorator & MethodDecorator => withPolicy('require');

/**
 * Opens a route or controller to everybody: `SessionGuard`, also a global one, lets all requests pass and does not look at
 * the session. It does not affect other guards, such as those of another kind of sessions (`defineSessions()`).
 * `@CurrentSession()` works there too, for a login or a logout.
 *
 * @throws SessionsConfigurationError if the handler or class already has another policy
 * @example
 * ```ts
 * @Post('login') @PublicRoute()
 * async login(@Body() body: Credentials, @CurrentSession() session: CurrentSession) { … }
 * ```
 * @publicApi
 */
export const PublicRoute = (): ClassDecorator & MethodDecorator => withPolicy('skip');

/**
 * The same as `@PublicRoute()`, by a name that fits a gateway or another handler that has no HTTP request.
 *
 * @throws SessionsConfigurationError if the handler or class already has another policy
 * @example
 * ```ts
 * @WebSocketGateway() @SkipSession()
 * export class ChatGateway {}
 * ```
 * @publicApi
 */
export const SkipSession = (): ClassDecorator & MethodDecorator => PublicRoute();

/**
 * Lets requests without a live session pass `SessionGuard`; `@Session()` is `undefined` then. The response is still a
 * 503 if the database is unavailable, and a 500 if the session can't be read: use `@PublicRoute()` for a login and a
 * logout.
 *
 * @throws SessionsConfigurationError if the handler or class already has another policy
 * @example
 * ```ts
 * @Get('home') @OptionalSession()
 * home(@Session('userId') userId?: string) { return `Hello ${userId ?? 'stranger'}`; }
 * ```
 * @publicApi
 */
export const OptionalSession = (): ClassDecorator & MethodDecorator => withPolicy('optional');

/** Returns the policy of a handler or class itself, for the sessions of a kind. */
export const policyOn = (target: object, kind: string): SessionPolicy | undefined =>
  Reflect.getOwnMetadata(keyOf(kind), target) as SessionPolicy | undefined;

/** Sets the policy. It refuses a second, different one, since only their order would decide which one counts. */
export function withPolicy(
  policy: SessionPolicy,
  kind: string = DEFAULT_KIND,
): ClassDecorator & MethodDecorator {
  const key = keyOf(kind);
  return (target: object, name?: string | symbol, method?: PropertyDescriptor) => {
    // Another decorator may have replaced the method by a wrapper, whose prototype is the method.
    const present = method
      ? (Reflect.getMetadata(key, method.value as object) as SessionPolicy | undefined)
      : policyOn(target, kind);
    if (present !== undefined && present !== policy) {
      const place =
        name === undefined
          ? (target as { name: string }).name
          : `${target.constructor.name}.${String(name)}()`;
      throw new SessionsConfigurationError(
        `${place} has two session policies, '${present}' and '${policy}'. Keep one of @RequireSession(), ` +
          '@OptionalSession() and @PublicRoute(), which is also called @SkipSession().',
      );
    }
    SetMetadata(key, policy)(target, name!, method!);
  };
}
