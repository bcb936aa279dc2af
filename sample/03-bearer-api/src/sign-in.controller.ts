import { Body, Controller, Get, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import { CurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import type { DeviceSession } from './device-session.js';

class Credentials {
  @Length(1, 40)
  @IsString()
  name!: string;
}

@Controller()
export class SignInController {
  /**
   * A real API checks a password here, and uses the key of the user's row as `userId`, not the typed name. The client keeps
   * the token in its platform's store for secrets.
   */
  @Post('login')
  @Header('Cache-Control', 'no-store')
  async login(
    @Body() { name }: Credentials,
    @CurrentSession() session: CurrentSession<DeviceSession>,
  ): Promise<{ token: string; expiresAt: Date }> {
    const token = await session.start({ userId: name });
    return { token, expiresAt: session.expiresAt! };
  }

  @Get('me')
  @UseGuards(SessionGuard)
  me(@Session('userId') name: string): { name: string } {
    return { name };
  }

  @Post('logout')
  @HttpCode(204)
  async logout(@CurrentSession() session: CurrentSession<DeviceSession>): Promise<void> {
    await session.end();
  }
}
