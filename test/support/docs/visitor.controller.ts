import { Controller, Get, Param, Post } from '@nestjs/common';
import { CurrentSession } from 'nestjs-server-sessions';

/** Logs in every user. Responds with the token, for requests that a test writes itself. */
@Controller()
export class VisitorController {
  @Post('login')
  async login(@CurrentSession() session: CurrentSession): Promise<{ token: string }> {
    return { token: await session.start({ userId: 'ann' }) };
  }

  @Post('login/:milliseconds')
  async loginFor(
    @Param('milliseconds') milliseconds: string,
    @CurrentSession() session: CurrentSession,
  ): Promise<{ token: string }> {
    return { token: await session.start({ userId: 'ann' }, { expireTime: Number(milliseconds) }) };
  }

  @Post('logout')
  async logout(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.end();
  }
}

/** Returns who is logged in. */
@Controller()
export class WhoController {
  @Get('who')
  who(@CurrentSession() { id, data }: CurrentSession): object {
    return { id, ...data };
  }
}
