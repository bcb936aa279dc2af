import { describe, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { findingsOn, LOOKS, takePicture } from './support/looks.js';
import { add, logIn, signedIn, withShop, type Shop } from './support/shop.js';

/** All states of the page, one after the other. */
async function* statesOf(
  shop: Shop,
  options: BrowserContextOptions,
): AsyncGenerator<[string, Page]> {
  const page = await shop.visit(await shop.device(options));
  await page.getByLabel('Your name').waitFor();
  yield ['the login', page];

  await logIn(page, 'A name that is as long as it may be, 40.');
  yield ['an empty basket', page];

  await signedIn(shop, 'A name that is as long as it may be, 40.');
  await add(page, 'Forest honey');
  yield ['a full basket, and two devices', page];

  await shop.pass(28.5 * 60_000);
  await page.getByRole('button', { name: 'Stay signed in' }).waitFor();
  await page.context().setOffline(true);
  await page.getByText('You are offline.').waitFor();
  yield ['the end that is near, and trouble', page];

  await page.context().setOffline(false);
  await page.getByText('You are offline.').waitFor({ state: 'hidden' });
  await shop.pass(31 * 60_000);
  await page.getByText('Your session ended').waitFor();
  yield ['the end explained', page];
}

describe('the appearance of the shop', () => {
  withShop((shop) => {
    it.each(LOOKS)(
      'the shop passes axe and does not overflow in $colorScheme at $width pixels',
      async (look) => {
        for await (const [state, page] of statesOf(shop(), look)) {
          const { colorScheme, width } = look;
          await takePicture(page, `shop/${state.replaceAll(/\W+/g, '-')}-${colorScheme}-${width}`);
          const findings = await findingsOn(page);
          expect({ state, ...findings }).toEqual({ state, found: [], overflow: 0 });
        }
        const troubles = shop().troubles.take();
        expect(troubles.filter((trouble) => !trouble.startsWith('401 GET '))).toEqual([]);
      },
    );

    it('the shop follows the colour scheme of the system', async () => {
      const page = await shop().visit(await shop().device());
      const background = () =>
        page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await background()).toBe('rgb(247, 245, 240)');
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await background()).toBe('rgb(19, 22, 20)');
    });

    it('the shop does not animate if the system setting asks for less motion', async () => {
      const page = await signedIn(shop(), 'Ann');
      const duration = () =>
        page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration");
      expect(await duration()).toBe('0.12s');
      await page.emulateMedia({ reducedMotion: 'reduce' });
      expect(await duration()).toBe('0s');
    });
  });
});
