import { SetMetadata } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';

const SESSION_POLICY = 'nestjs-server-sessions:policy';

/** What `SessionGuard` does with requests without a live session. */
export type SessionPolicy = 'require' | 'optional' | 'skip';

/**
 * Makes `SessionGuard` require a session again on a handler or a class whose class or base class has `@SkipSession()` or
 * `@OptionalSession()`. It is not a guard: it needs a `SessionGuard` on the route or a global one.
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
 * Lets a route or controller be reached without `SessionGuard` looking at the session at all, also where the guard is
 * global. `@CurrentSession()` works there as anywhere.
 *
 * @throws SessionsConfigurationError if the handler or class already has another policy
 * @example
 * ```ts
 * @Get('health') @SkipSession()
 * health() { return 'ok'; }
 * ```
 * @publicApi
 */
export const SkipSession = (): ClassDecorator & MethodDecorator => withPolicy('skip');

/**
 * Lets requests without a live session pass `SessionGuard`; `@Session()` is `undefined` then. With the database away the
 * answer is still a 503, and for a session that can't be read a 500: a login and a logout take `@SkipSession()`.
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

/** The policy of a handler or a class itself. */
export const policyOn = (target: object): SessionPolicy | undefined =>
  Reflect.getOwnMetadata(SESSION_POLICY, target) as SessionPolicy | undefined;

/** Two different policies are refused, since which of them counts would depend on their order alone. */
function withPolicy(policy: SessionPolicy): ClassDecorator & MethodDecorator {
  return (target: object, name?: string | symbol, method?: PropertyDescriptor) => {
    // Another decorator may have put a wrapper before the method, whose prototype is the method.
    const present = method
      ? (Reflect.getMetadata(SESSION_POLICY, method.value as object) as SessionPolicy | undefined)
      : policyOn(target);
    if (present !== undefined && present !== policy) {
      const place =
        name === undefined
          ? (target as { name: string }).name
          : `${target.constructor.name}.${String(name)}()`;
      throw new SessionsConfigurationError(
        `${place} has two session policies, '${present}' and '${policy}'. Keep one of @RequireSession(), ` +
          '@OptionalSession() and @SkipSession().',
      );
    }
    SetMetadata(SESSION_POLICY, policy)(target, name!, method!);
  };
}
