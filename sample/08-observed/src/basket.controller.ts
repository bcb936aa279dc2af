import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { GuardedSession, Session } from 'nestjs-server-sessions';
import { ApiSession } from 'nestjs-server-sessions/swagger';
import type { ShopSession } from './shop-session.js';

class Product {
  @ApiProperty({ example: 'apple' })
  @Length(1, 40)
  @IsString()
  name!: string;
}

/** The global guard requires a session for both routes. */
@Controller('basket')
@ApiTags('basket')
@ApiSession()
export class BasketController {
  @Get()
  @ApiOkResponse({ type: [String] })
  show(@Session('basket') basket: string[]): string[] {
    return basket;
  }

  @Post()
  @ApiSession('update')
  @ApiCreatedResponse({ type: [String] })
  async add(
    @Body() { name }: Product,
    @GuardedSession() session: GuardedSession<ShopSession>,
  ): Promise<string[]> {
    const { basket } = await session.update((data) => void data.basket.push(name));
    return basket;
  }
}
