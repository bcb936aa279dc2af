import { Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { PublicRoute } from '../guard/session-policy.decorator.js';
import type { RequestSession } from '../request/request-session.js';
import type { SessionStatus } from '../request/session-status.js';

/**
 * The routes that `BrowserSession` of `nestjs-server-sessions/browser` calls: `GET session` tells when the session ends and
 * renews nothing, `POST session` renews it. They are open to everybody, and tell a page only about its own visitor. Add the
 * class to the `controllers` of a module. For another path, extend it.
 *
 * @example
 * ```ts
 * @Module({ imports: [SessionsModule.forRoot()], controllers: [SessionStatusController] })
 * export class AppModule {}
 * // or at another path:
 * @Controller('account/session')
 * export class AccountSessionController extends SessionStatusController {}
 * ```
 * @publicApi
 */
@Controller('session')
@PublicRoute()
export class SessionStatusController {
  /**
   * Returns when the session ends, or why there is none. Both responses are a 200, since a page that asks did nothing wrong.
   *
   * @throws SessionHttpException if the session can't be read, or the database is unavailable
   */
  @Get()
  @Header('cache-control', 'no-store')
  show(@CurrentSession() session: CurrentSession): SessionStatus {
    return (session as RequestSession).status();
  }

  /**
   * Renews the session, and returns when it ends now.
   *
   * @throws SessionHttpException if there is no live session, a page of another origin sent the request, or the database is
   * unavailable
   */
  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async renew(@CurrentSession() session: CurrentSession): Promise<SessionStatus> {
    const known = session as RequestSession;
    known.requireLive(false);
    await known.renew();
    return known.status();
  }
}
