import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { CurrentSession, PublicRoute } from 'nestjs-server-sessions';
import { ApiSession } from 'nestjs-server-sessions/swagger';
import type { ShopSession } from './shop-session.js';

class Credentials {
  @ApiProperty({ example: 'ann' })
  @Length(1, 40)
  @IsString()
  name!: string;
}

@Controller()
@PublicRoute()
@ApiTags('account')
export class AccountController {
  /** A real shop checks a password here. */
  @Post('login')
  @HttpCode(204)
  @ApiSession('start')
  @ApiNoContentResponse({ description: 'Logged in, with a cookie.' })
  async login(
    @Body() { name }: Credentials,
    @CurrentSession() session: CurrentSession<ShopSession>,
  ): Promise<void> {
    await session.start({ userId: name, basket: [] });
  }

  @Post('logout')
  @HttpCode(204)
  @ApiSession('end')
  @ApiNoContentResponse({ description: 'Logged out, also without a session.' })
  async logout(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.end();
  }
}
