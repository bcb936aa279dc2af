import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Param,
  ParseIntPipe,
  Post,
  UseGuards,
} from '@nestjs/common';
import { CurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import { MOST, Product, type ShopSession } from './shop-session.js';

@Controller('basket')
@UseGuards(SessionGuard)
export class BasketController {
  @Get()
  @Header('cache-control', 'no-store')
  show(@Session('basket') basket: Product[]): Product[] {
    return basket;
  }

  /** If two tabs add at the same moment, both products get into the basket. */
  @Post()
  async add(
    @Body() { id, amount }: Product,
    @CurrentSession() session: CurrentSession<ShopSession>,
  ): Promise<Product[]> {
    const { basket } = await session.update((data) => {
      const present = data.basket.find((product) => product.id === id);
      if (present) {
        present.amount = Math.min(present.amount + amount, MOST);
      } else {
        data.basket.push({ id, amount });
      }
    });
    return basket;
  }

  @Delete(':id')
  async remove(
    @Param('id', ParseIntPipe) id: number,
    @CurrentSession() session: CurrentSession<ShopSession>,
  ): Promise<Product[]> {
    const { basket } = await session.update((data) => {
      data.basket = data.basket.filter((product) => product.id !== id);
    });
    return basket;
  }
}
