import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, OptionalSession, Session, SessionGuard } from 'nestjs-server-sessions';

/** The data that the test shop stores for a visitor. */
export interface ShopSession {
  userId?: string;
  basket: string[];
}

/** A small shop, written as the documentation shows it. */
@Controller()
export class ShopController {
  @Post('login')
  @HttpCode(200)
  async login(
    @Body() { name }: { name: string },
    @CurrentSession() session: CurrentSession<ShopSession>,
  ): Promise<{ token: string }> {
    return { token: await session.start({ userId: name, basket: [] }) };
  }

  @Get('me')
  @UseGuards(SessionGuard)
  me(@Session('userId') name: string): { name: string } {
    return { name };
  }

  @Get('visitor')
  @OptionalSession()
  @UseGuards(SessionGuard)
  visitor(@Session() session: ShopSession | undefined): { name: string } {
    return { name: session?.userId ?? 'a stranger' };
  }

  @Get('basket')
  @UseGuards(SessionGuard)
  basket(@Session('basket') basket: string[]): string[] {
    return basket;
  }

  @Post('basket')
  @UseGuards(SessionGuard)
  async add(
    @Body() { product }: { product: string },
    @CurrentSession() session: CurrentSession<ShopSession>,
  ): Promise<string[]> {
    const { basket } = await session.update((data) => {
      data.basket.push(product);
    });
    return basket;
  }

  @Post('logout')
  @HttpCode(200)
  async logout(@CurrentSession() session: CurrentSession<ShopSession>): Promise<void> {
    await session.end();
  }

  @Get('open')
  open(): { open: true } {
    return { open: true };
  }
}
