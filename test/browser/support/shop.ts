import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Cookie,
  LaunchOptions,
  Page,
} from 'playwright-core';
import { launchChromium } from './chromium.js';
import { OpenShop } from './open-shop.js';
import { Troubles } from './troubles.js';

/**
 * A page's clock, which stands still until the test moves it, however slow the machine is. The shop's clock moves in the
 * same way.
 */
const clockAt = (start: number) => `Date.now = () => ${start} + globalThis.passed;`;

/** Scripts of a new page run in any order, so the largest counts. */
const passed = (milliseconds: number) =>
  `globalThis.passed = Math.max(globalThis.passed ?? 0, ${milliseconds});`;

/** The sample shop, open for one test, and the Chromium that visits it. */
export class Shop extends OpenShop {
  readonly troubles = new Troubles();
  readonly #devices: BrowserContext[] = [];
  readonly #browser: Browser;

  constructor(browser: Browser) {
    super();
    this.#browser = browser;
  }

  /** Opens a browser profile with separate cookies: another device. */
  async device(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ baseURL: this.url, ...options });
    context.setDefaultTimeout(20_000);
    await context.addInitScript({ content: clockAt(this.opened) });
    await context.addInitScript({ content: passed(this.passed) });
    this.troubles.watch(context);
    this.#devices.push(context);
    return context;
  }

  /** Opens a tab with the shop. */
  async visit(device: BrowserContext): Promise<Page> {
    const page = await device.newPage();
    await page.goto('/');
    return page;
  }

  /** Lets time pass, for the shop and for all its visitors. */
  async pass(milliseconds: number): Promise<void> {
    this.advance(milliseconds);
    const script = passed(this.passed);
    for (const device of this.#devices) {
      await device.addInitScript({ content: script });
      await Promise.all(device.pages().map((page) => page.evaluate(script)));
    }
  }

  override async close(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.close()));
    await super.close();
  }
}

/** The body of a suite with a shop for each test; every problem in the browser must be one that the test takes. */
export function withShop(suite: (shop: () => Shop) => void, options?: LaunchOptions): void {
  let browser: Browser;
  let shop: Shop;

  beforeAll(async () => {
    browser = await launchChromium(options);
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    shop = new Shop(browser);
    await shop.open();
  });
  afterEach(async () => {
    const left = shop.troubles.take();
    await shop.close();
    expect(left).toEqual([]);
  });
  suite(() => shop);
}

/** Returns the session cookie as the browser stores it. */
export async function cookieOf(device: BrowserContext): Promise<Cookie | undefined> {
  return (await device.cookies()).find(({ name }) => name === '__Host-id');
}

/** Logs in on the page, as a person does, and waits for the last request of the login, since it renews the session. */
export async function logIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText(`Signed in as ${name}`).waitFor();
  await page.locator('#login:not([aria-busy=true])').waitFor({ state: 'attached' });
}

/** Opens a tab with a signed-in user, on this device or on a new one. */
export async function signedIn(shop: Shop, name: string, device?: BrowserContext): Promise<Page> {
  const page = await shop.visit(device ?? (await shop.device()));
  await logIn(page, name);
  return page;
}

export async function add(page: Page, product: string): Promise<void> {
  await page.getByRole('button', { name: `Add ${product}` }).click();
  await page.getByText(`${product}: added to your basket.`).waitFor();
}

/** Returns the lines of the basket on a page, as soon as it shows as many as expected. */
export async function basketOf(page: Page, lines: number): Promise<string[]> {
  const items = page.getByRole('region', { name: 'Basket', exact: true }).getByRole('listitem');
  if (lines > 0) {
    await items.nth(lines - 1).waitFor();
  }
  return (await items.allInnerTexts()).map((text) => text.split('\n')[0]!.trim());
}
