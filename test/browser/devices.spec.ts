import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { cookieOf, logIn, signedIn, withShop, type Shop } from './support/shop.js';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
  'Version/18.5 Mobile/15E148 Safari/604.1';

/** A phone at another address, which a proxy passes on. */
const phoneOf = (shop: Shop) =>
  shop.device({ userAgent: IPHONE, extraHTTPHeaders: { 'X-Forwarded-For': '203.0.113.7' } });

const devicesOn = (page: Page) =>
  page.getByRole('region', { name: 'Where you’re signed in' }).getByRole('listitem');

const SIGNED_OUT = 'You have been signed out here: from another of your devices, or by the shop.';

describe('the devices of a user', () => {
  withShop((shop) => {
    it('devices are listed by name, the current one first', async () => {
      await signedIn(shop(), 'Ann', await phoneOf(shop()));
      await shop().pass(5 * 60_000);
      const laptop = await signedIn(shop(), 'Ann');
      await devicesOn(laptop).nth(1).waitFor();
      expect(await devicesOn(laptop).allInnerTexts()).toEqual([
        expect.stringMatching(/^Chrome on Linux\s+This computer\s+active now\s+This device$/),
        expect.stringMatching(
          /^Safari on iPhone\s+203\.0\.113\.7\s+last seen 5 minutes ago\s+Sign out/,
        ),
      ]);
    });

    it('a device can be signed out from another one, and shows it', async () => {
      const phone = await phoneOf(shop());
      const pocket = await signedIn(shop(), 'Ann', phone);
      const laptop = await signedIn(shop(), 'Ann');
      await laptop.getByRole('button', { name: 'Sign out Safari on iPhone' }).click();
      await laptop.getByText('Safari on iPhone is signed out.').waitFor();
      expect(await devicesOn(laptop).count()).toBe(1);

      await shop().pass(20_000); // The page looks by itself.
      await pocket.getByText(SIGNED_OUT).waitFor();
      expect(await pocket.locator('body').textContent()).not.toContain('Ann');

      await logIn(pocket, 'Ann');
      expect(await cookieOf(phone)).toBeDefined();
    });

    it('a device that was signed out shows it at its next action', async () => {
      const pocket = await signedIn(shop(), 'Ann', await phoneOf(shop()));
      const laptop = await signedIn(shop(), 'Ann');
      await laptop.getByRole('button', { name: 'Sign out Safari on iPhone' }).click();
      await laptop.getByText('Safari on iPhone is signed out.').waitFor();

      await pocket.getByRole('button', { name: 'Add Apples' }).click();
      await pocket.getByText(SIGNED_OUT).waitFor();
      expect(shop().troubles.take()).toEqual(['401 POST /basket']);
    });

    it('all devices except the current one can be signed out', async () => {
      const others = [
        await signedIn(shop(), 'Ann', await phoneOf(shop())),
        await signedIn(shop(), 'Ann'),
      ];
      const bea = await signedIn(shop(), 'Bea');
      const laptop = await signedIn(shop(), 'Ann');
      await laptop.getByRole('button', { name: 'Sign out everywhere else' }).click();
      await laptop.getByText('2 other devices are signed out.').waitFor();
      expect(await devicesOn(laptop).count()).toBe(1);
      expect(
        await laptop.getByRole('button', { name: 'Sign out everywhere else' }).isVisible(),
      ).toBe(false);

      for (const other of others) {
        await other.reload();
        await other.getByText(SIGNED_OUT).waitFor();
      }
      for (const page of [laptop, bea]) {
        await page.reload();
        await page.getByText('Signed in as').waitFor();
      }
    });
  });
});
