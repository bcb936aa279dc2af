import { invalidOption, ownOptions } from '../common/checks.js';
import { DEFAULT_KIND } from '../common/kind.js';
import { SessionGuard } from '../http/guard/session.guard.js';
import { SessionManager } from '../manager/session-manager.js';
import type { SessionKind } from '../session-kind.js';

/**
 * Says which sessions of an application are meant.
 *
 * @typeParam T type of the sessions' data
 * @publicApi
 */
export interface KindOption<T = any> {
  /** The kind that `defineSessions()` returned. Default: the sessions of `SessionsModule` */
  readonly kind?: SessionKind<T> | undefined;
}

/** What integrations need of a kind: its name, its guard, and the token of its manager. */
export type MeantKind = Pick<SessionKind, 'kind' | 'Guard' | 'Manager'>;

const DEFAULT: MeantKind = {
  kind: DEFAULT_KIND,
  Guard: SessionGuard,
  Manager: SessionManager as SessionKind['Manager'],
};

/** @throws SessionsConfigurationError if this is no kind */
export function meantKind(kind: MeantKind = DEFAULT): MeantKind {
  if (typeof kind?.kind !== 'string' || typeof kind.Manager !== 'function') {
    throw invalidOption('kind', kind, 'what defineSessions() returned');
  }
  return kind;
}

/** Returns the kind that the options name. Throws if they have any other option. */
export function kindIn(name: string, options: KindOption): MeantKind {
  return meantKind(ownOptions(name, options, ['kind']).kind);
}
