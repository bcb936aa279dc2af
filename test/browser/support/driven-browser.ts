/** A running browser, with the same interface for each engine. */
export interface DrivenBrowser {
  /** Opens a new profile with separate cookies, and a tab: another device. */
  device(): Promise<Device>;
  close(): Promise<void>;
}

/** A profile of a browser, with one tab. It accepts self-signed certificates. */
export interface Device {
  /** Opens a page in the tab, and waits until it is loaded. */
  goTo(url: string): Promise<void>;
  /** Evaluates a JavaScript expression in the page, and waits for its promise. */
  evaluate<Result>(expression: string): Promise<Result>;
  /** Returns the cookies that the browser keeps for the page. */
  cookies(): Promise<StoredCookie[]>;
  close(): Promise<void>;
}

/** A cookie as the browser keeps it. */
export interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: string;
  /** Seconds since the epoch; `undefined` if the cookie ends with the browser. */
  readonly expires: number | undefined;
}
