import { ApiExtension } from '@nestjs/swagger';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { USES, type SessionUse } from './session-use.js';

export type { SessionUse };

/** The extension of an operation that holds its uses, until `documentSessions` replaces it. */
export const EXTENSION = 'x-nestjs-server-sessions';

const HAS_USES = 'nestjs-server-sessions:api-uses';

/**
 * Documents what a handler does with the session of a request: how a client authenticates, and the responses of the guard
 * and of `CurrentSession` with their bodies. `documentSessions` fills them in. On a class it counts for each handler of the
 * class that has none of its own. Responses that the handler documents itself stay.
 *
 * It documents only, and guards nothing.
 *
 * @param uses what the handler does: `'read'` (the default, for a route with `SessionGuard`), `'optional'` (for
 * `@OptionalSession()`), `'start'`, `'update'` (also for `renew`, `regenerate` and `confirm`), `'fresh'` (for
 * `@RequireFresh()`), `'end'`
 * @throws SessionsConfigurationError if a use is unknown
 * @example
 * ```ts
 * @Controller() @UseGuards(SessionGuard) @ApiSession()
 * export class BasketController {
 *   @Get('basket')
 *   show(@Session('basket') basket: string[]) { return basket; }
 *
 *   @Post('login') @PublicRoute() @ApiSession('start')
 *   login(@CurrentSession() session: CurrentSession<Shop>) { … }
 * }
 * ```
 * @publicApi
 */
export const ApiSession =
  (...uses: readonly SessionUse[]): ClassDecorator & MethodDecorator =>
  (target: object, name?: string | symbol, method?: PropertyDescriptor) => {
    const unknown = uses.find((use) => !Object.hasOwn(USES, use));
    if (unknown !== undefined) {
      const known = Object.keys(USES).join(', ');
      throw new SessionsConfigurationError(
        `@ApiSession() has no use "${String(unknown)}". Known: ${known}.`,
      );
    }
    const all = uses.length > 0 ? uses : ['read'];
    if (method) {
      mark(target, name!, method, all);
      return;
    }
    const { prototype } = target as { prototype: object };
    for (const [key, own] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof own.value === 'function' && !Reflect.hasMetadata(HAS_USES, own.value)) {
        mark(prototype, key, own, all);
      }
    }
  };

function mark(
  target: object,
  name: string | symbol,
  method: PropertyDescriptor,
  uses: readonly string[],
): void {
  Reflect.defineMetadata(HAS_USES, true, method.value as object);
  ApiExtension(EXTENSION, { uses })(target, name, method);
}
