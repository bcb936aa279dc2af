import type { ExecutionContext } from '@nestjs/common';
import { kindOfGuard } from './guard-kind.js';
import { policyOn, type SessionPolicy } from './session-policy.decorator.js';

/** Nest's metadata key of the guards of a handler or a class, its `GUARDS_METADATA`. */
const GUARDS = '__guards__';

/** Returns the policy that counts for a guard of this kind: the one that is nearest to the handler. */
export function policyFor(context: ExecutionContext, kind: string): SessionPolicy {
  const targets = [context.getHandler(), context.getClass()];
  return nearestOf(targets, kind) ?? unnamed(kind, targets);
}

/**
 * Returns the policy of a class or else of its nearest base class; for a handler, its own or else that of the function that
 * it wraps. Nest reads metadata through the prototypes of both. Some decorators replace the method that has the metadata
 * by a wrapper, whose prototype is the method.
 */
export function nearestPolicy(target: unknown, kind: string): SessionPolicy | undefined {
  return typeof target === 'function' && target !== Function.prototype
    ? (statedOn(target, kind) ?? nearestPolicy(Object.getPrototypeOf(target), kind))
    : undefined;
}

/** Returns the kinds whose guards are on a handler or a class, or on its base classes. */
export function guardingKinds(target: object): string[] {
  const guards = (Reflect.getMetadata(GUARDS, target) ?? []) as unknown[];
  return guards.map(kindOfGuard).filter((kind) => kind !== undefined);
}

/**
 * Returns whether a class requires a session of this kind for all its handlers, except those that have a policy
 * themselves.
 *
 * @param isGuarded whether a guard of this kind checks every handler of the application
 */
export function requiresSession(type: object, kind: string, isGuarded: boolean): boolean {
  const policy = nearestOf([type], kind) ?? unnamed(kind, [type]);
  return policy === 'require' && (isGuarded || guardingKinds(type).includes(kind));
}

/**
 * The policy for a kind that neither the handler nor its class names. A global guard leaves such a route to the guard of
 * another kind on it, unless that guard lets everybody pass by `@OptionalSession()`
 * (docs/adr/0039-kinds-of-sessions.md).
 */
function unnamed(kind: string, targets: readonly object[]): SessionPolicy {
  const isLeftTo = (other: string) => other !== kind && nearestOf(targets, other) !== 'optional';
  return targets.flatMap(guardingKinds).some(isLeftTo) ? 'skip' : 'require';
}

/** Returns the policy of the first of these targets that has one for the kind. */
function nearestOf(targets: readonly object[], kind: string): SessionPolicy | undefined {
  for (const target of targets) {
    const policy = nearestPolicy(target, kind);
    if (policy) {
      return policy;
    }
  }
  return undefined;
}

/**
 * Returns the policy of a handler or class itself. If it has a guard of this kind but no policy, the policy is to require a
 * session.
 */
function statedOn(target: object, kind: string): SessionPolicy | undefined {
  return (
    policyOn(target, kind) ??
    (ownGuards(target).some((guard) => kindOfGuard(guard) === kind) ? 'require' : undefined)
  );
}

/**
 * Returns the guards of the target without those of its base class. `@UseGuards()` copies the guards that the base class has
 * at that moment to the start of the list, and adds at least one. So a list that is only as long as that of the base class
 * has no copies.
 */
function ownGuards(target: object): unknown[] {
  const guards = (Reflect.getOwnMetadata(GUARDS, target) ?? []) as unknown[];
  const inherited = (Reflect.getMetadata(GUARDS, Object.getPrototypeOf(target)) ?? []) as unknown[];
  return guards.length > inherited.length && inherited.every((guard, at) => guard === guards[at])
    ? guards.slice(inherited.length)
    : guards;
}
