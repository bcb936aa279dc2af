import type { Device } from './driven-browser.js';

/** Milliseconds that a page may take to show something. */
const PATIENCE_MS = 20_000;

/** Clicks the button whose text begins with some words, and returns whether there is one. In one step, since pages change. */
const CLICK = `(words) => {
  const button = [...document.querySelectorAll('button')].find((each) =>
    each.offsetParent !== null && each.textContent.trim().startsWith(words));
  button?.click();
  return button !== undefined;
}`;

const quoted = (text: string) => JSON.stringify(text);

/** The shop's page on a device, in any browser. */
export class ShopPage {
  readonly #device: Device;

  private constructor(device: Device) {
    this.#device = device;
  }

  /** Opens the shop, and waits for its first content. */
  static async visit(device: Device, url: string): Promise<ShopPage> {
    await device.goTo(url);
    const page = new ShopPage(device);
    await page.#until(`['stranger', 'customer'].some((id) => !document.getElementById(id).hidden)`);
    return page;
  }

  /** Enters a name and presses "Log in"; the test checks the result. */
  async tryToLogIn(name: string): Promise<void> {
    await this.#device.evaluate(
      `void (document.getElementById('login-name').value = ${quoted(name)})`,
    );
    await this.press('Log in');
  }

  /** Logs in, and waits for the last request of the login, since it renews the session. */
  async logIn(name: string): Promise<void> {
    await this.tryToLogIn(name);
    await this.shows(`Signed in as ${name}`);
    await this.#until(`document.getElementById('login').ariaBusy !== 'true'`);
  }

  /** Presses the button whose text begins with these words, as soon as it is there. */
  async press(words: string): Promise<void> {
    await this.#until(`(${CLICK})(${quoted(words)})`);
  }

  /** Presses it if it is there. The page may have learned meanwhile that the session has ended. */
  async pressIfShown(words: string): Promise<void> {
    await this.#device.evaluate(`void (${CLICK})(${quoted(words)})`);
  }

  /** Waits until the page shows a text. */
  shows(text: string): Promise<void> {
    return this.#until(`document.body.innerText.includes(${quoted(text)})`);
  }

  /** Returns the names of the devices that the page lists, as soon as there are so many. */
  async devices(count: number): Promise<string[]> {
    const items = `[...document.querySelectorAll('#devices li')]`;
    await this.#until(`${items}.length === ${count}`);
    return this.#device.evaluate(`${items}.map((item) => item.innerText.split('\\n')[0].trim())`);
  }

  async #until(condition: string): Promise<void> {
    await this.#device.evaluate(`new Promise((resolve, reject) => {
      const giveUp = performance.now() + ${PATIENCE_MS};
      const look = () => {
        if (${condition}) resolve(true);
        else if (performance.now() < giveUp) setTimeout(look, 20);
        else reject(new Error(${quoted(condition)} + ' never held. The page shows: ' + document.body.innerText));
      };
      look();
    })`);
  }
}
