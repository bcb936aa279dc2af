import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { SessionRequest } from '../../http/http-types.js';
import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import { CrossOriginProtection } from '../../http/transport/cross-origin.js';

/**
 * Refuses unsafe requests that pages of other origins sent. It runs whatever authenticates the operators: browsers also send
 * HTTP Basic credentials and client certificates with the requests of strangers.
 */
export class SameOriginGuard implements CanActivate {
  readonly #protection = new CrossOriginProtection({ trustedOrigins: [] });

  canActivate(context: ExecutionContext): boolean {
    if (!this.#protection.allows(context.switchToHttp().getRequest<SessionRequest>())) {
      throw new SessionHttpException('SESSION_CROSS_ORIGIN');
    }
    return true;
  }
}
