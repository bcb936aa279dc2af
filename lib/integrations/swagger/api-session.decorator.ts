import { ApiExtension } from '@nestjs/swagger';
import { DEFAULT_KIND, nameOfKind } from '../../common/kind.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionKind } from '../../session-kind.js';
import { USES, type SessionUse } from './session-use.js';

export type { SessionUse };

/** The prefix of the extensions of an operation that hold its uses, until `documentSessions` replaces them. */
export const EXTENSION = 'x-nestjs-server-sessions';

/** What a handler does with the sessions of a kind. */
export interface KindUses {
  readonly kind: string;
  readonly uses: readonly SessionUse[];
}

/**
 * Documents what a handler does with the session of a request: how a client authenticates, and the responses of the guard
 * and of `CurrentSession` with their bodies. `documentSessions` fills them in. On a class it counts for each handler of the
 * class that has none of its own. Responses that the handler documents itself stay.
 *
 * It documents only, and guards nothing. If the first argument is a kind of `defineSessions()`, it is about the sessions of
 * that kind. A handler that uses two kinds has two of these decorators.
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
export const ApiSession: {
  (...uses: readonly SessionUse[]): ClassDecorator & MethodDecorator;
  (kind: SessionKind, ...uses: readonly SessionUse[]): ClassDecorator & MethodDecorator;
} = (first?: SessionKind | SessionUse, ...others: readonly SessionUse[]) => {
  const isKind = typeof first === 'object';
  const kind = isKind ? first.kind : DEFAULT_KIND;
  return documented(kind, first === undefined || isKind ? others : [first, ...others]);
};

const documented =
  (kind: string, uses: readonly SessionUse[]): ClassDecorator & MethodDecorator =>
  (target: object, name?: string | symbol, method?: PropertyDescriptor) => {
    const unknown = uses.find((use) => !Object.hasOwn(USES, use));
    if (unknown !== undefined) {
      const known = Object.keys(USES).join(', ');
      throw new SessionsConfigurationError(
        `@ApiSession() has no use "${String(unknown)}". Known: ${known}.`,
      );
    }
    const all: KindUses = { kind, uses: uses.length > 0 ? uses : ['read'] };
    if (method) {
      mark(target, name!, method, all);
      return;
    }
    const { prototype } = target as { prototype: object };
    for (const [key, own] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof own.value === 'function' && !Reflect.hasMetadata(markOf(kind), own.value)) {
        mark(prototype, key, own, all);
      }
    }
  };

function mark(
  target: object,
  name: string | symbol,
  method: PropertyDescriptor,
  uses: KindUses,
): void {
  Reflect.defineMetadata(markOf(uses.kind), true, method.value as object);
  const extension = nameOfKind(uses.kind, EXTENSION, (kind) => `${EXTENSION}-${kind}`);
  ApiExtension(extension, uses)(target, name, method);
}

/** The metadata key of a handler with uses of a kind. */
const markOf = (kind: string) => `nestjs-server-sessions:api-uses:${kind}`;
