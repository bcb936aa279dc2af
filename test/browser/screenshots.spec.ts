import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { add, logIn, signedIn, withShop, type Shop } from './support/shop.js';

/** The pictures of README are written only by `npm run screenshots`. */
const FOLDER = process.env['SCREENSHOTS'] === '1' ? 'docs/images' : undefined;

const KIBIBYTE = 1024;
const MINUTE = 60_000;
const DESKTOP = { width: 1120, height: 930 };
const PHONE = { width: 360, height: 740 };

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
  'Version/18.5 Mobile/15E148 Safari/604.1';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

const device = (shop: Shop, userAgent: string, address: string, more: BrowserContextOptions = {}) =>
  shop.device({
    userAgent,
    extraHTTPHeaders: { 'X-Forwarded-For': address },
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Berlin',
    ...more,
  });

/** Ann's phone was last used 25 minutes ago, she sits at her laptop and has filled a basket. */
async function fillTheShop(shop: Shop, options: BrowserContextOptions): Promise<Page> {
  const phone = await signedIn(shop, 'Ann', await device(shop, IPHONE, '203.0.113.7'));
  await phone.close();
  await shop.pass(17 * MINUTE);
  const laptop = await shop.visit(await device(shop, FIREFOX, '192.168.1.20', options));
  await logIn(laptop, 'Ann');
  await shop.pass(8 * MINUTE);
  for (const product of ['Sourdough loaf', 'Farm cheese', 'Apples, 1 kg', 'Apples, 1 kg']) {
    await add(laptop, product);
  }
  await laptop.reload();
  await laptop.getByText('Apples, 1 kg × 2').waitFor();
  return laptop;
}

async function take(page: Page, name: string): Promise<void> {
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  expect(picture.length).toBeLessThan(150 * KIBIBYTE);
  if (FOLDER !== undefined) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}/${name}.png`, picture);
  }
}

describe('the pictures of README', () => {
  withShop((shop) => {
    it.each(['light', 'dark'] as const)(
      'pictures show the shop on a desktop, %s',
      async (colorScheme) => {
        const page = await fillTheShop(shop(), { colorScheme, viewport: DESKTOP });
        await take(page, `shop-${colorScheme}`);
      },
    );

    it.each(['light', 'dark'] as const)(
      'pictures show the end of a session on a phone, %s',
      async (colorScheme) => {
        const page = await fillTheShop(shop(), { colorScheme, viewport: PHONE });
        await shop().pass(28 * MINUTE + 25_000);
        await page.getByRole('button', { name: 'Stay signed in' }).waitFor();
        await take(page, `shop-ending-${colorScheme}`);
      },
    );
  });
});
