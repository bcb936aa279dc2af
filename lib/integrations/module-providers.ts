import type { INestApplicationContext } from '@nestjs/common';
import { SessionsConfigurationError } from '../common/session-error.js';
import { RESOLVED_OPTIONS } from '../sessions.module-definition.js';
import type { ResolvedSessionsOptions } from '../sessions.options.js';

/** Returns the options of the application's `SessionsModule`, with their defaults. */
export function optionsOf(app: INestApplicationContext): ResolvedSessionsOptions {
  return providerOf<ResolvedSessionsOptions>(app, RESOLVED_OPTIONS);
}

/**
 * Returns a provider of the application's `SessionsModule`.
 *
 * @throws SessionsConfigurationError if the application has none
 */
export function providerOf<Provider>(
  app: INestApplicationContext,
  token: Parameters<INestApplicationContext['get']>[0],
): Provider {
  try {
    return app.get<Provider>(token, { strict: false });
  } catch (cause) {
    throw new SessionsConfigurationError(
      'The application has no sessions. Import SessionsModule.forRoot() in one of its modules.',
      { cause },
    );
  }
}
