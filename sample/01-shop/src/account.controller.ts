import { Body, Controller, Get, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import { CurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import type { ShopSession } from './shop-session.js';

class Credentials {
  @Length(1, 40)
  @IsString()
  name!: string;
}

@Controller()
export class AccountController {
  /**
   * A real shop checks a password here, and uses the key of the user's row as `userId`, not the typed name. The visitor
   * gets a new session at every login, with an empty basket.
   */
  @Post('login')
  @HttpCode(204)
  async login(
    @Body() { name }: Credentials,
    @CurrentSession() session: CurrentSession<ShopSession>,
  ): Promise<void> {
    await session.start({ userId: name, basket: [] });
  }

  @Get('me')
  @Header('cache-control', 'no-store')
  @UseGuards(SessionGuard)
  me(@Session('userId') name: string): { name: string } {
    return { name };
  }

  @Post('logout')
  @HttpCode(204)
  async logout(@CurrentSession() session: CurrentSession<ShopSession>): Promise<void> {
    await session.end();
  }
}
