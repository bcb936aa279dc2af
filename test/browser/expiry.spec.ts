import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { add, basketOf, logIn, signedIn, withShop } from './support/shop.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const warningOn = (page: Page) =>
  page.getByRole('region', { name: 'Your session is about to end' });
const ENDED =
  /^Your session ended at (\d+ \w+ at )?\d\d:\d\d, because nothing happened for a while\. /;

describe('the end of a session', () => {
  withShop((shop) => {
    it('the end of a session is announced with a countdown, and an active customer postpones it', async () => {
      const page = await signedIn(shop(), 'Ann');
      await shop().pass(27 * MINUTE);
      expect(await warningOn(page).isVisible()).toBe(false);
      await shop().pass(90 * SECOND);
      // A request between the jumps of the two clocks shows an early end, until the next request.
      await page
        .getByRole('timer')
        .filter({ hasText: /^1:\d\d$/ })
        .waitFor();
      await page
        .getByRole('alert')
        .getByText('You will be signed out in two minutes, unless you choose “Stay signed in”.')
        .waitFor({ state: 'attached' });

      await warningOn(page).getByRole('button', { name: 'Stay signed in' }).click();
      await page.getByText('You stay signed in.').waitFor();
      expect(await warningOn(page).isVisible()).toBe(false);

      await shop().pass(28 * MINUTE + 30 * SECOND);
      await warningOn(page).waitFor();
      expect(await page.getByText('Signed in as Ann').isVisible()).toBe(true);
    });

    it('the end of a session is explained, and the next login brings the basket back', async () => {
      const page = await signedIn(shop(), 'Ann');
      await add(page, 'Farm cheese');
      await add(page, 'Farm cheese');
      await add(page, 'Apples, 1 kg');
      await shop().pass(31 * MINUTE);
      await page.getByText(ENDED).waitFor();
      expect(await page.getByText(ENDED).innerText()).toMatch(
        / Log in again as Ann, and your basket comes back\.$/,
      );
      expect(await page.getByRole('region', { name: 'Basket', exact: true }).isVisible()).toBe(
        false,
      );

      await logIn(page, 'Ann');
      await page.getByText('Your basket is as you left it.').waitFor();
      expect(await basketOf(page, 2)).toEqual(['Farm cheese × 2', 'Apples, 1 kg × 1']);
    });

    it('the basket of an ended session is shown to no other customer', async () => {
      const page = await signedIn(shop(), 'Ann');
      await add(page, 'Farm cheese');
      await shop().pass(31 * MINUTE);
      await page.getByText(ENDED).waitFor();
      await logIn(page, 'Bea');
      expect(await basketOf(page, 0)).toEqual([]);
    });

    it('a customer who returns later reads that the session has ended', async () => {
      const device = await shop().device();
      const page = await signedIn(shop(), 'Ann', device);
      await page.close();
      await shop().pass(45 * MINUTE);
      const later = await shop().visit(device);
      await later.getByText(ENDED).waitFor();
    });

    it('a session of an unused page ends, however often the page polls', async () => {
      const page = await signedIn(shop(), 'Ann');
      for (let minutes = 0; minutes < 30; minutes += 5) {
        const looked = page.waitForResponse('**/session');
        await shop().pass(5 * MINUTE);
        await looked;
      }
      await page.getByText(ENDED).waitFor();
    });

    it('the countdown starts in time if the page slept while a response was on its way', async () => {
      const page = await signedIn(shop(), 'Ann');
      const slow = shop().answers.hold('GET', '/session');
      await shop().pass(MINUTE);
      await slow.made;
      await shop().pass(27 * MINUTE + 30 * SECOND);
      await warningOn(page).waitFor();

      const next = shop().answers.hold('GET', '/session');
      slow.release();
      await next.made; // The page shows what it was told, and asks again, since that is old.
      expect(await warningOn(page).isVisible()).toBe(true);
    });

    it('activity in one tab postpones the end in all tabs', async () => {
      const device = await shop().device();
      const one = await signedIn(shop(), 'Ann', device);
      const other = await shop().visit(device);
      await other.getByText('Signed in as Ann').waitFor();
      await shop().pass(28 * MINUTE + 30 * SECOND);
      await Promise.all([warningOn(one).waitFor(), warningOn(other).waitFor()]);
      await add(other, 'Apples, 1 kg');
      await warningOn(one).waitFor({ state: 'hidden' });
      expect(await basketOf(one, 1)).toEqual(['Apples, 1 kg × 1']);
    });
  });
});
