import type { INestApplicationContext } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { ResolvedHttpOptions } from '../../http/http.options.js';
import { RESOLVED_OPTIONS } from '../../sessions.module-definition.js';
import type { ResolvedSessionsOptions } from '../../sessions.options.js';

/** Returns the options of requests, of the application's `SessionsModule`. */
export function httpOptionsOf(app: INestApplicationContext): ResolvedHttpOptions {
  return providerOf<ResolvedSessionsOptions>(app, RESOLVED_OPTIONS).http;
}

/**
 * Returns a provider of `SessionsModule`.
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
      'The application has no sessions. Import SessionsModule.forRoot() in a module of the test.',
      { cause },
    );
  }
}
