/** The data of a session. */
export interface ShopSession {
  /** In a real application: the key of the user's row. */
  readonly userId: string;
  readonly basket: string[];
}
