import { invalidOption } from './checks.js';
import { SessionsConfigurationError } from './session-error.js';

/** The kind of the sessions of `SessionsModule`. No cookie, table or path has this word in its name. */
export const DEFAULT_KIND = 'default';

/**
 * Endings that a kind's name must not have. Its table would get the name of a table that belongs to another kind: that of
 * the turns of logins on Galera, or the list of sessions that `import` has copied.
 */
const TAKEN = /(?:^|-)(?:turns|imported)$/;

const FORM = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Returns the name of a kind if it is valid. It becomes a part of the names of a cookie, a table and a path.
 *
 * @throws SessionsConfigurationError
 */
export function checkKind(kind: unknown): string {
  if (typeof kind !== 'string' || !FORM.test(kind)) {
    throw invalidOption(
      'The kind of defineSessions()',
      kind,
      'a lower-case letter, then lower-case letters, digits and hyphens, at most 32 in all',
    );
  }
  if (kind === DEFAULT_KIND || TAKEN.test(kind)) {
    throw new SessionsConfigurationError(
      `defineSessions() can't define the kind "${kind}", since the library uses this name itself. Choose another one, ` +
        "such as 'staff'.",
    );
  }
  return kind;
}

/** Returns a name that belongs to a kind: the usual one, or for a named kind the one that `derive` returns. */
export function nameOfKind(kind: string, usual: string, derive: (kind: string) => string): string {
  return kind === DEFAULT_KIND ? usual : derive(kind);
}

/** Returns the name of the module of a kind in messages. */
export const moduleOfKind = (kind: string): string =>
  nameOfKind(kind, 'SessionsModule', () => `defineSessions('${kind}').Module`);

/** Returns what events show of a kind: nothing for sessions of `SessionsModule`. */
export const shownKind = (kind: string): { readonly kind?: string } =>
  kind === DEFAULT_KIND ? {} : { kind };
