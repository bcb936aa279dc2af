import type { Type } from '@nestjs/common';
import { DEFAULT_KIND, nameOfKind } from './common/kind.js';
import { SessionGuard } from './http/guard/session.guard.js';
import { SessionManager } from './manager/session-manager.js';
import { SessionWatch } from './manager/watch/session-watch.js';

/** The internal injection tokens of one kind of sessions. Applications inject the classes of `KindClasses`. */
export interface KindTokens {
  readonly kind: string;
  /** The options as they were given. */
  readonly given: symbol;
  /** The options with their defaults, checked. */
  readonly resolved: symbol;
  /** Options that a test replaces, one by one (docs/adr/0030-a-test-replaces-single-options.md); `null` in an application. */
  readonly overrides: symbol;
  /** The Sequelize connection to the database of the sessions. */
  readonly connection: symbol;
  /** Whether that database is the embedded one. */
  readonly isEmbedded: symbol;
  readonly model: symbol;
  /** Name of the `SequelizeModule` connection to the embedded database. */
  readonly embedded: string;
}

/** The classes that applications inject for one kind of sessions. */
export interface KindClasses {
  readonly Manager: Type<SessionManager>;
  readonly Watch: Type<SessionWatch>;
  readonly Guard: typeof SessionGuard;
}

/** The classes of the sessions of `SessionsModule`. */
export const DEFAULT_CLASSES: KindClasses = {
  Manager: SessionManager as Type<SessionManager>,
  Watch: SessionWatch as Type<SessionWatch>,
  Guard: SessionGuard,
};

const tokens = new Map<string, KindTokens>();

/** Returns the tokens of a kind, always the same. */
export function tokensOf(kind: string): KindTokens {
  const known = tokens.get(kind) ?? newTokens(kind);
  tokens.set(kind, known);
  return known;
}

/** The tokens of the sessions of `SessionsModule`. */
export const DEFAULT_TOKENS = tokensOf(DEFAULT_KIND);

function newTokens(kind: string): KindTokens {
  const token = (what: string) => Symbol(nameOfKind(kind, what, () => `${what} of ${kind}`));
  return {
    kind,
    given: token('sessions module options'),
    resolved: token('sessions options'),
    overrides: token('sessions option overrides'),
    connection: token('sessions connection'),
    isEmbedded: token('sessions are embedded'),
    model: token('session model'),
    embedded: nameOfKind(kind, 'nestjs-server-sessions', () => `nestjs-server-sessions:${kind}`),
  };
}
