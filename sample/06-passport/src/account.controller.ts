import { promisify } from 'node:util';
import { Controller, Get, Post, Redirect, Req, UseFilters, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { SessionManager } from 'nestjs-server-sessions';
import { CurrentUser, SignedInGuard } from './current-user.js';
import { FailedLoginFilter } from './failed-login.filter.js';
import { LoginGuard } from './login.guard.js';
import type { User } from './users.js';

@Controller()
export class AccountController {
  constructor(private readonly sessions: SessionManager) {}

  @Post('login')
  @UseGuards(LoginGuard)
  @UseFilters(FailedLoginFilter)
  @Redirect('/', 303)
  login(): void {}

  /** What the page shows: the user, or the message of a failed login, once. */
  @Get('me')
  async me(@CurrentUser() user: User | undefined, @Req() { session }: Request): Promise<object> {
    const { message } = session;
    delete session.message;
    return user
      ? { name: user.name, devices: await this.sessions.countSessions(user.id) }
      : { message };
  }

  @Post('logout')
  @Redirect('/', 303)
  async logout(@Req() request: Request): Promise<void> {
    await promisify((done: (error: unknown) => void) => request.logout(done))();
  }

  /** Ends the sessions of the user on all devices. A request in flight can't save one of them again. */
  @Post('logout-everywhere')
  @UseGuards(SignedInGuard)
  @Redirect('/', 303)
  async logoutEverywhere(@CurrentUser() { id }: User): Promise<void> {
    await this.sessions.removeUserSessions(id);
  }
}
