import { IsIn, IsInt, Max, Min } from 'class-validator';

/** What the shop sells, by id; `public/catalogue.js` has the names and prices. */
const PRODUCTS = [1, 2, 3, 4, 5, 6];

/** The most that a basket holds of one product. */
export const MOST = 99;

/** Something in a basket. */
export class Product {
  @IsIn(PRODUCTS, { message: 'The shop does not sell that.' })
  id!: number;

  @Max(MOST)
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
