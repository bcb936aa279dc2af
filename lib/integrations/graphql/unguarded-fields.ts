import type { ModulesContainer } from '@nestjs/core';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { guardingKinds, nearestPolicy } from '../../http/guard/route-policy.js';
import { RequestSessions } from '../../http/request/request-sessions.js';
import type { DriverOptions } from './driver-options.js';

/** The metadata that @nestjs/graphql puts on the methods of `@ResolveField()` and `@ResolveReference()`. */
const FIELD_MARKS = ['graphql:resolve_property', 'graphql:resolve_reference'];

/**
 * Refuses fields that only look guarded: @nestjs/graphql ignores the guards of fields, global ones too, unless
 * `fieldResolverEnhancers` has `'guards'`.
 *
 * @throws SessionsConfigurationError
 */
export function requireGuardedFields(
  modules: ModulesContainer,
  { fieldResolverEnhancers = [] }: DriverOptions,
): void {
  if (fieldResolverEnhancers.includes('guards')) {
    return;
  }
  const instances = [...modules.values()].flatMap(({ providers }) =>
    [...providers.values()].map(({ instance }): unknown => instance),
  );
  const kinds = instances
    .filter((instance) => instance instanceof RequestSessions)
    .map(({ kind }) => kind);
  for (const instance of instances) {
    const field = guardedField(instance, kinds);
    if (field !== undefined) {
      throw new SessionsConfigurationError(
        `${field}() is a field that requires a session, but GraphQLModule ignores the guards of fields. Add ` +
          "fieldResolverEnhancers: ['guards'] to the options of GraphQLModule.",
      );
    }
  }
}

/**
 * Returns whether a field requires a session of one of these kinds, or of a kind whose guard is on it. A field
 * without a guard relies on a global one.
 */
function requiresSession(field: object, kinds: readonly string[]): boolean {
  return [...kinds, ...guardingKinds(field)].some(
    (kind) => nearestPolicy(field, kind) === 'require',
  );
}

/**
 * Returns the name of a field of a resolver that requires a session by its own decorators.
 *
 * @param kinds the kinds of sessions of the application
 */
function guardedField(instance: unknown, kinds: readonly string[]): string | undefined {
  if (typeof instance !== 'object' || instance === null) {
    return undefined;
  }
  for (
    let prototype: unknown = Object.getPrototypeOf(instance);
    prototype && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const methods = Object.entries(Object.getOwnPropertyDescriptors(prototype));
    const found = methods.find(
      ([, { value }]) =>
        typeof value === 'function' &&
        FIELD_MARKS.some((mark) => Reflect.hasMetadata(mark, value)) &&
        requiresSession(value as object, kinds),
    );
    if (found) {
      return `${instance.constructor.name}.${found[0]}`;
    }
  }
  return undefined;
}
