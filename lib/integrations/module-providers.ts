import type { INestApplicationContext } from '@nestjs/common';
import { SessionsConfigurationError } from '../common/session-error.js';
import { moduleOfKind, nameOfKind } from '../common/kind.js';
import { tokensOf } from '../kind-providers.js';
import type { ResolvedSessionsOptions } from '../sessions.options.js';

/** Returns the options of the application's sessions of a kind, with their defaults. */
export function optionsOf(app: INestApplicationContext, kind: string): ResolvedSessionsOptions {
  return providerOf<ResolvedSessionsOptions>(app, tokensOf(kind).resolved, kind);
}

/** Returns whether the application has sessions of a kind. */
export function hasSessions(app: INestApplicationContext, kind: string): boolean {
  try {
    return Boolean(app.get(tokensOf(kind).resolved, { strict: false }));
  } catch {
    return false;
  }
}

/**
 * Returns a provider of the application's module of a kind of sessions.
 *
 * @throws SessionsConfigurationError if the application has none
 */
export function providerOf<Provider>(
  app: INestApplicationContext,
  token: Parameters<INestApplicationContext['get']>[0],
  kind: string,
): Provider {
  try {
    return app.get<Provider>(token, { strict: false });
  } catch (cause) {
    const ofKind = nameOfKind(kind, '', () => ` of the kind "${kind}"`);
    throw new SessionsConfigurationError(
      `The application has no sessions${ofKind}. Import ${moduleOfKind(kind)}.forRoot() in one of its modules.`,
      { cause },
    );
  }
}
