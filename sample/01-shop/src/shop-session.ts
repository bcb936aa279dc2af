import { IsInt, Max, Min } from 'class-validator';

/** Something in a basket. */
export class Product {
  @Min(1)
  @IsInt()
  id!: number;

  @Max(99)
  @Min(1)
  @IsInt()
  amount!: number;
}

/** What the shop keeps of a visitor. */
export interface ShopSession {
  userId?: string;
  basket: Product[];
}

/** How long a visitor may do nothing, in milliseconds. */
export const IDLE_TIMEOUT = 30 * 60 * 1000;
