/** A running browser, driven in the same way whatever it is. */
export interface DrivenBrowser {
  /** A new profile with cookies of its own, and a tab: another device. */
  device(): Promise<Device>;
  close(): Promise<void>;
}

/** A profile of a browser, with one tab. It accepts certificates that nobody has signed. */
export interface Device {
  /** Opens a page in the tab, and waits until it is loaded. */
  goTo(url: string): Promise<void>;
  /** Evaluates a JavaScript expression in the page, and waits for its promise. */
  evaluate<Result>(expression: string): Promise<Result>;
  /** The cookies that the browser keeps for the page. */
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
