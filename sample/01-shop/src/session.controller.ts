import { Controller, Get, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, SessionGuard } from 'nestjs-server-sessions';
import { IDLE_TIMEOUT, type ShopSession } from './shop-session.js';

/** The status of a session, from which the page counts down to its end; times are in milliseconds. */
interface SessionStatus {
  name?: string | undefined;
  endsIn?: number;
  idleTimeout: number;
}

@Controller('session')
export class SessionController {
  /**
   * The page requests this in the background, which must not count as use of the session. So there is no guard: with
   * `rolling` it would renew the session.
   */
  @Get()
  @Header('cache-control', 'no-store')
  show(@CurrentSession() { data, expiresAt }: CurrentSession<ShopSession>): SessionStatus {
    return {
      idleTimeout: IDLE_TIMEOUT,
      ...(expiresAt && { name: data?.userId, endsIn: expiresAt.getTime() - Date.now() }),
    };
  }

  /** "Stay signed in". */
  @Post('renew')
  @UseGuards(SessionGuard)
  @HttpCode(204)
  async renew(@CurrentSession() session: CurrentSession<ShopSession>): Promise<void> {
    await session.renew();
  }
}
