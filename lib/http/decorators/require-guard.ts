import type { ExecutionContext } from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import { SessionsConfigurationError } from '../../common/session-error.js';

/**
 * Checks that a guard let the request pass, for a decorator that gives the session of a guarded request.
 *
 * @throws SessionsConfigurationError
 */
export function requireGuard(
  guarded: boolean,
  decorator: string,
  kind: string,
  context: ExecutionContext,
): void {
  if (!guarded) {
    const isDefault = kind === DEFAULT_KIND;
    const ofKind = isDefault ? '' : ` of the kind "${kind}"`;
    const guard = isDefault ? 'SessionGuard' : `Guard of defineSessions('${kind}')`;
    throw new SessionsConfigurationError(
      `${decorator}${ofKind} in ${context.getClass().name}.${context.getHandler().name}() needs a ${guard}, but none checked this request. ` +
        `Add @UseGuards(${isDefault ? guard : 'that guard'}), remove @PublicRoute() or @SkipSession(), or use @CurrentSession().`,
    );
  }
}
