import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { SessionRequest, SessionResponse } from '../../http/http-types.js';
import { withHeaders } from '../../http/errors/response-headers.js';
import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import { CrossOriginProtection } from '../../http/transport/cross-origin.js';

const MESSAGE =
  'Refused, since a page of another origin sent this request. The pages of SessionAdminModule accept requests only from ' +
  'themselves. If one of them sent it, trust the proxy that changed the Host header.';

/**
 * Refuses unsafe requests that pages of other origins sent. It is needed for every way to authenticate operators: browsers
 * also send HTTP Basic credentials and client certificates with requests that other sites cause.
 */
export class SameOriginGuard implements CanActivate {
  readonly #protection = new CrossOriginProtection({ trustedOrigins: [] });

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<SessionRequest>();
    if (!this.#protection.allows(request)) {
      const exception = new SessionHttpException('SESSION_CROSS_ORIGIN', undefined, {
        message: MESSAGE,
      });
      throw withHeaders(request, http.getResponse<SessionResponse>(), exception);
    }
    return true;
  }
}
