import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import { CurrentSession, OptionalSession, PublicRoute, Session } from 'nestjs-server-sessions';
import type { Role, StaffSession } from './staff-session.js';

/** A real application has these in its database, with passwords. */
const STAFF: ReadonlyMap<string, Role[]> = new Map([
  ['ann', ['editor', 'admin']],
  ['ben', ['editor']],
]);

class Credentials {
  @Length(1, 40)
  @IsString()
  name!: string;
}

@Controller()
export class AccountController {
  @PublicRoute()
  @Get('health')
  health(): { status: string } {
    return { status: 'ok' };
  }

  @OptionalSession()
  @Get()
  home(@Session() session: StaffSession | undefined): { greeting: string } {
    return { greeting: `Hello, ${session?.userId ?? 'stranger'}` };
  }

  /** A real application uses the key of the user's row as `userId`, not the typed name. */
  @PublicRoute()
  @Post('login')
  @HttpCode(204)
  async login(
    @Body() { name }: Credentials,
    @CurrentSession() session: CurrentSession<StaffSession>,
  ): Promise<void> {
    await session.start({ userId: name, roles: STAFF.get(name) ?? [] });
  }

  /** A user without a session, or with one that can't be read, can also log out. */
  @PublicRoute()
  @Post('logout')
  @HttpCode(204)
  async logout(@CurrentSession() session: CurrentSession<StaffSession>): Promise<void> {
    await session.end();
  }
}
