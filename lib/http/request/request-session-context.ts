import type { SessionService } from '../../manager/session-service.js';
import type { SessionClient } from '../../manager/session-record.js';
import type { ResponseWriter } from './session-response.js';

/** What the session of a request works with. */
export interface RequestSessionContext<T> {
  readonly sessions: SessionService<T>;
  readonly answer: ResponseWriter;
  /** Where the request comes from: asked for at a login only, since frameworks work it out when they are asked. */
  readonly client: () => SessionClient;
  /**
   * Decides by the method that the request has now, which middleware may have overridden since the session was looked up.
   *
   * @throws SessionHttpException if a page of another origin sent the request and it would use the cookie
   */
  readonly requireAllowedOrigin: () => void;
}
