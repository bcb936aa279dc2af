import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { SessionStoreError } from '../../common/session-error.js';
import { SessionManager } from '../../manager/session-manager.js';

/**
 * A health indicator for @nestjs/terminus: is *up* if a request could read its session now. Add it to the providers of the
 * module of your health route. If the guard is global, the route needs `@PublicRoute()`.
 *
 * @example
 * ```ts
 * @Get('health') @HealthCheck()
 * check() {
 *   return this.health.check([() => this.sessions.pingCheck('sessions')]);
 * }
 * ```
 * @publicApi
 */
@Injectable()
export class SessionsHealthIndicator {
  readonly #sessions: SessionManager;
  readonly #indicators: HealthIndicatorService;

  /** @internal */
  constructor(
    @Inject(SessionManager) sessions: SessionManager,
    @Inject(HealthIndicatorService) indicators: HealthIndicatorService,
  ) {
    this.#sessions = sessions;
    this.#indicators = indicators;
  }

  /**
   * Reads the table by `SessionManager.ping()`. The result is *down*, with the `reason` and the message of the
   * `SessionStoreError`, after at most the option `timeout`.
   *
   * @param key the name of the result
   * @example
   * ```ts
   * { sessions: { status: 'down', reason: 'rejected', message: 'The session database refused …' } }
   * ```
   */
  async pingCheck<const Key extends string>(key: Key): Promise<HealthIndicatorResult<Key>> {
    const indicator = this.#indicators.check(key);
    try {
      await this.#sessions.ping();
      return indicator.up();
    } catch (error) {
      if (error instanceof SessionStoreError) {
        const { reason, message } = error;
        return indicator.down({ reason, message });
      }
      throw error;
    }
  }
}
