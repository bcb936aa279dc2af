import { describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { add, signedIn, withShop } from './support/shop.js';

/** Notes the content of the page at the moment it is shown, before any script of the page has run. */
const NOTE = `addEventListener('pageshow', ({ persisted }) => {
  globalThis.shown = { persisted, text: document.documentElement.textContent };
});`;

interface Shown {
  persisted: boolean;
  text: string;
}

const PRIVATE = /Ann|× 1|active now/;

/** Fills a basket on this device, then goes to another site. */
async function shopAndLeave(page: Page): Promise<void> {
  await add(page, 'Apples, 1 kg');
  expect(await page.locator('html').textContent()).toMatch(PRIVATE);
  const { port } = new URL(page.url());
  await page.goto(`http://127.0.0.1:${port}/assets/icon.svg`);
}

/** Does not wait for a load: a page that comes back unchanged does not load. */
async function goBack(page: Page): Promise<void> {
  await page.goBack({ waitUntil: 'commit' });
}

/** Playwright may report the first request of a page that comes back as a failed one of the page before. */
const isReal = (trouble: string) => trouble !== 'failed GET /session';

const noting = async (device: BrowserContext) => {
  await device.addInitScript({ content: NOTE });
  return device;
};

describe('the back button, if the browser keeps pages unchanged', () => {
  withShop(
    (shop) => {
      it('a page from the back/forward cache shows nothing of a customer who was signed out meanwhile', async () => {
        const page = await signedIn(shop(), 'Ann', await noting(await shop().device()));
        await shopAndLeave(page);
        const elsewhere = await signedIn(shop(), 'Ann');
        await elsewhere.getByRole('button', { name: 'Sign out everywhere else' }).click();
        await elsewhere.getByText('One other device is signed out.').waitFor();

        await goBack(page);
        await page.getByText('You have been signed out here').waitFor();
        const { persisted, text } = await page.evaluate<Shown>('globalThis.shown');
        expect(persisted).toBe(true);
        expect(text).not.toMatch(PRIVATE);
        expect(await page.locator('html').textContent()).not.toMatch(PRIVATE);
        expect(shop().troubles.take().filter(isReal)).toEqual([]);
      });

      it('a page from the back/forward cache shows the basket to a customer who is still signed in', async () => {
        const page = await signedIn(shop(), 'Ann', await noting(await shop().device()));
        await shopAndLeave(page);
        await goBack(page);
        await page.getByText('Apples, 1 kg × 1').waitFor();
        const { persisted, text } = await page.evaluate<Shown>('globalThis.shown');
        expect(persisted).toBe(true);
        expect(text).not.toMatch(PRIVATE);
        expect(shop().troubles.take().filter(isReal)).toEqual([]);
      });
    },
    { ignoreDefaultArgs: ['--disable-back-forward-cache'] },
  );
});

describe('the back button, if the browser loads pages again', () => {
  withShop((shop) => {
    it('a reloaded page shows nothing of a customer who has logged out meanwhile', async () => {
      const device = await noting(await shop().device());
      const page = await signedIn(shop(), 'Ann', device);
      await shopAndLeave(page);
      const other = await shop().visit(device);
      await other.getByRole('button', { name: 'Log out' }).click();
      await other.getByText('You are logged out.').waitFor();

      await goBack(page);
      await page.getByLabel('Your name').waitFor();
      const { persisted, text } = await page.evaluate<Shown>('globalThis.shown');
      expect(persisted).toBe(false);
      expect(text).not.toMatch(PRIVATE);
      expect(await page.locator('html').textContent()).not.toMatch(PRIVATE);
    });
  });
});
