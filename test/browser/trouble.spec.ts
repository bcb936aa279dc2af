import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { add, basketOf, cookieOf, signedIn, withShop } from './support/shop.js';

const problemOn = (page: Page) => page.getByRole('alert').getByRole('paragraph');

/** Responds to the next requests of the page instead of the shop. */
const answer = (page: Page, path: string, status: number, code: string) =>
  page.route(`**${path}`, (route) =>
    route.fulfill({ status, json: { statusCode: status, code, message: 'In the words of code' } }),
  );

describe('problems are explained in words', () => {
  withShop((shop) => {
    it('an outage of the database is explained, and nobody is logged out', async () => {
      const device = await shop().device();
      const page = await signedIn(shop(), 'Ann', device);
      await add(page, 'Apples, 1 kg');
      const cookie = await cookieOf(device);

      await takeAway(shop().connection);
      await page.getByRole('button', { name: 'Add Farm cheese' }).click();
      await page.getByText('so we can’t say whether this was saved.').waitFor();
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('You are not signed out; wait a little and try again.').waitFor();
      expect(await cookieOf(device)).toEqual(cookie);
      expect(await page.getByText('Signed in as Ann').isVisible()).toBe(true);

      await bringBack(shop().connection);
      await page.getByRole('button', { name: 'Try again' }).click();
      await problemOn(page).waitFor({ state: 'hidden' });
      expect(await basketOf(page, 1)).toEqual(['Apples, 1 kg × 1']);
      expect(shop().troubles.take()).toEqual(['503 POST /basket', '503 GET /session']);
    });

    it('an outage of the database is explained to a customer who opens the shop', async () => {
      await takeAway(shop().connection);
      const device = await shop().device();
      await device.addCookies([
        {
          name: '__Host-id',
          value: `01900000-0000-7000-8000-000000000000.${'A'.repeat(43)}`,
          url: shop().url.replace('http', 'https'),
        },
      ]);
      const page = await shop().visit(device);
      await page.getByText('The shop can’t reach its database at the moment.').waitFor();
      await bringBack(shop().connection);
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByLabel('Your name').waitFor();
      expect(await problemOn(page).isVisible()).toBe(false);
      expect(shop().troubles.take()).toEqual(['503 GET /session']);
    });

    it('a lost network is explained until it is back', async () => {
      const device = await shop().device();
      const page = await signedIn(shop(), 'Ann', device);
      await device.setOffline(true);
      await page.getByText('You are offline. What you do now does not reach the shop.').waitFor();
      await page.getByRole('button', { name: 'Add Farm cheese' }).click();
      await page.getByText('The shop can’t be reached. Are you offline?').waitFor();
      await device.setOffline(false);
      await problemOn(page).waitFor({ state: 'hidden' });
      await add(page, 'Apples, 1 kg');
      expect(await basketOf(page, 1)).toEqual(['Apples, 1 kg × 1']);
      const troubles = shop().troubles.take();
      expect(troubles).toContain('failed POST /basket');
      expect(troubles.filter((trouble) => !/^failed |ERR_INTERNET/.test(trouble))).toEqual([]);
    });

    it.each([
      [
        403,
        'SESSION_CROSS_ORIGIN',
        /^The shop refused this, .* Open http:\/\/localhost:\d+ itself\.$/,
      ],
      [409, 'SESSION_CONFLICT', /^Too much happened at the same moment, so this was not saved\./],
      [413, 'SESSION_DATA_TOO_LARGE', /^Your basket is full\.$/],
      [400, '', /^In the words of code$/],
      [500, 'SESSION_DATA', /^Something went wrong in the shop\./],
    ])('a response of %d %s is explained', async (status, code, words) => {
      const page = await signedIn(shop(), 'Ann');
      await answer(page, '/basket', status, code);
      await page.getByRole('button', { name: 'Add Farm cheese' }).click();
      await problemOn(page).getByText(words).waitFor();
      expect(shop().troubles.take()).toEqual([`${status} POST /basket`]);
    });

    it('an explanation stays until the customer acts, however often the page polls', async () => {
      const page = await signedIn(shop(), 'Ann');
      await answer(page, '/basket', 409, 'SESSION_CONFLICT');
      await page.getByRole('button', { name: 'Add Farm cheese' }).click();
      await problemOn(page).getByText('so this was not saved.').waitFor();
      await page.unroute('**/basket');

      for (const _ of [1, 2]) {
        const looked = page.waitForResponse('**/session');
        await shop().pass(25_000);
        await looked;
      }
      expect(await problemOn(page).isVisible()).toBe(true);

      await add(page, 'Farm cheese');
      expect(await problemOn(page).isVisible()).toBe(false);
      expect(shop().troubles.take()).toEqual(['409 POST /basket']);
    });

    it('a login beyond the limit of sessions is explained and refused', async () => {
      const page = await shop().visit(await shop().device());
      await answer(page, '/login', 429, 'SESSION_LIMIT');
      await page.getByLabel('Your name').fill('Ann');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByText('You are signed in on too many devices.').waitFor();
      expect(shop().troubles.take()).toEqual(['429 POST /login']);
    });
  });
});
