import type { SessionStore } from './session-store.js';

/** Returns the store; each error with which one of its methods rejects is passed to `report` first. */
export function reportedStore(store: SessionStore, report: (error: unknown) => void): SessionStore {
  return reported(store, report);
}

/** Wraps each member at its first use, since the store gets every lookup. */
function reported<Target extends object>(target: Target, report: (error: unknown) => void): Target {
  const members = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(_, name) {
      if (!members.has(name)) {
        members.set(name, reportedMember(target, Reflect.get(target, name), report));
      }
      return members.get(name);
    },
  });
}

function reportedMember(target: object, member: unknown, report: (error: unknown) => void) {
  if (typeof member === 'function') {
    return (...given: unknown[]) => {
      const result: unknown = Reflect.apply(member, target, given);
      if (result instanceof Promise) {
        result.catch(report);
      }
      return result;
    };
  }
  return typeof member === 'object' && member !== null ? reported(member, report) : member;
}
