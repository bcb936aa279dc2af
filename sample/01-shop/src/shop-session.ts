import { IsIn, IsInt, Max, Min } from 'class-validator';

/** Ids of the products of the shop; `public/catalogue.js` has the names and prices. */
const PRODUCTS = [1, 2, 3, 4, 5, 6];

/** Maximum amount of one product in a basket. */
export const MOST = 99;

/** A product in a basket. */
export class Product {
  @IsIn(PRODUCTS, { message: 'The shop does not sell that.' })
  id!: number;

  @Max(MOST)
  @Min(1)
  @IsInt()
  amount!: number;
}

/** The session data of a visitor. */
export interface ShopSession {
  userId?: string;
  basket: Product[];
}

/** Milliseconds without a request after which a session expires. */
export const IDLE_TIMEOUT = 30 * 60 * 1000;
