import type { ExecutionContext } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';

/**
 * Checks that a guard let the request pass, for a decorator that gives the session of a guarded request.
 *
 * @throws SessionsConfigurationError
 */
export function requireGuard(guarded: boolean, decorator: string, context: ExecutionContext): void {
  if (!guarded) {
    throw new SessionsConfigurationError(
      `${decorator} in ${context.getClass().name}.${context.getHandler().name}() needs a SessionGuard, but none checked this request. ` +
        'Add @UseGuards(SessionGuard), remove @PublicRoute() or @SkipSession(), or use @CurrentSession().',
    );
  }
}
