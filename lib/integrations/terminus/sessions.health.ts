import { Inject, Injectable, Optional } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { SessionsConfigurationError, SessionStoreError } from '../../common/session-error.js';
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
  readonly #sessions: SessionManager | undefined;
  readonly #indicators: HealthIndicatorService;

  /** @internal */
  constructor(
    @Optional() @Inject(SessionManager) sessions: SessionManager | undefined,
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
   * @param manager the manager of the sessions that are checked. Default: that of `SessionsModule`
   * @throws SessionsConfigurationError if the application has no `SessionsModule` and no manager is given
   * @example
   * ```ts
   * { sessions: { status: 'down', reason: 'rejected', message: 'The session database refused …' } }
   * ```
   */
  async pingCheck<const Key extends string>(
    key: Key,
    manager: SessionManager | undefined = this.#sessions,
  ): Promise<HealthIndicatorResult<Key>> {
    if (!manager) {
      throw new SessionsConfigurationError(
        'pingCheck() found no SessionManager, since the application does not import SessionsModule. Import it, or pass the ' +
          'manager of another kind of sessions.',
      );
    }
    const indicator = this.#indicators.check(key);
    try {
      await manager.ping();
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
