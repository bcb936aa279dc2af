import { invalidOption, ownOptions } from '../../common/checks.js';
import type { WatchSessionOptions } from '../call.options.js';
import { serviceOf, type SessionManager } from '../session-manager.js';
import type { SessionService } from '../session-service.js';
import { isSessionId } from '../token/token.js';
import type { SessionEnd } from './session-end.js';

/**
 * Calls back when a session ends: for a connection that must not outlive it, or a cache by session. Inject it by its
 * class, or create one with a manager from `init()`.
 *
 * @example
 * ```ts
 * const watch = new SessionWatch(await init());
 * ```
 * @publicApi
 */
export class SessionWatch {
  readonly #sessions: SessionService;

  /** @throws SessionsConfigurationError for anything else than a `SessionManager` */
  constructor(manager: SessionManager) {
    this.#sessions = serviceOf(manager);
  }

  /**
   * Calls `onEnd` once, when the session of this public id ends: at once if this process ends it, else within
   * `watch.interval`. A session that has already ended, or never existed, counts as ended at the first read. A rotation
   * without a grace counts as an end too, since it takes the old token's access at once (OWASP ASVS 5.0, 7.2.4). So does the
   * end of a grace if the token was already replaced when the watch began, and a second rotation.
   *
   * A watch does not renew the session. An outage of the database ends nothing. If `onEnd` throws or its promise rejects,
   * the error is reported, and no other watch is affected. After the manager is closed, no callback is called.
   *
   * @example
   * ```ts
   * const stop = watch.watch(session.id, ({ reason }) => socket.close(4401, reason), { token });
   * socket.once('close', stop);
   * ```
   * @returns a function that stops the watch
   * @throws SessionsConfigurationError for wrong arguments
   */
  watch(
    id: string,
    onEnd: (end: SessionEnd) => void,
    options: WatchSessionOptions = {},
  ): () => void {
    const { token } = ownOptions('watch options', options, ['token']);
    if (!isSessionId(id)) {
      throw invalidOption('id', id, "a session's public id");
    }
    if (typeof onEnd !== 'function') {
      throw invalidOption('onEnd', onEnd, 'a function');
    }
    const credential = this.#sessions.verifier.parse(token)?.credential;
    if (token !== undefined && credential?.id !== id) {
      throw invalidOption('token', token, 'a token of the session with this id');
    }
    return this.#sessions.watched.watch(id, onEnd, { secretHash: credential?.secretHash });
  }
}
