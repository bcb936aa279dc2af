import { BadRequestException, Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CurrentSession, PublicRoute, Session } from 'nestjs-server-sessions';
import type { MemberSession } from './member-session.js';

@Controller()
export class AccountController {
  /** Without a live session, the guard responds with a 401, whose body says why. */
  @Get('me')
  me(@Session() { userId }: MemberSession): MemberSession {
    return { userId };
  }

  @PublicRoute()
  @Post('login')
  @HttpCode(204)
  async login(
    @Body('name') name: unknown,
    @CurrentSession() session: CurrentSession<MemberSession>,
  ): Promise<void> {
    if (typeof name !== 'string' || name.trim() === '') {
      throw new BadRequestException('The name is empty.');
    }
    // Check a password here.
    await session.start({ userId: name });
  }

  @PublicRoute()
  @Post('logout')
  @HttpCode(204)
  async logout(@CurrentSession() session: CurrentSession<MemberSession>): Promise<void> {
    await session.end();
  }
}
