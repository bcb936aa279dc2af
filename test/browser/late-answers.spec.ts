import { describe, expect, it } from '@jest/globals';
import { add, basketOf, cookieOf, logIn, signedIn, withShop } from './support/shop.js';

describe('a response that comes late', () => {
  withShop((shop) => {
    it('a late 401 does not undo a login', async () => {
      const device = await shop().device();
      const slow = await signedIn(shop(), 'Ann', device);
      const elsewhere = await signedIn(shop(), 'Ann');
      await elsewhere.getByRole('button', { name: 'Sign out everywhere else' }).click();
      await elsewhere.getByText('One other device is signed out.').waitFor();

      const refusal = shop().answers.hold('POST', '/basket');
      await slow.getByRole('button', { name: 'Add Apples' }).click();
      expect(await refusal.made).toBe(401);

      const other = await shop().visit(device);
      await logIn(other, 'Ann');
      const cookie = await cookieOf(device);
      await add(other, 'Farm cheese');
      const arrived = slow.waitForResponse(
        (response) => response.request().method() === 'POST' && response.url().endsWith('/basket'),
      );
      refusal.release();
      expect((await arrived).status()).toBe(401);

      await slow
        .getByText('That request used a session that has ended in the meantime. Try again.')
        .waitFor();
      expect(await cookieOf(device)).toEqual(cookie);
      for (const tab of [slow, other]) {
        await tab.reload();
        expect(await basketOf(tab, 1)).toEqual(['Farm cheese × 1']);
      }
      expect(shop().troubles.take()).toEqual(['401 POST /basket']);
    });

    it('a late response without a user does not hide a user who has logged in since', async () => {
      const page = await shop().visit(await shop().device());
      await page.getByLabel('Your name').waitFor();
      const nobody = shop().answers.hold('GET', '/session');
      await page.evaluate("dispatchEvent(new Event('focus'))");
      expect(await nobody.made).toBe(200);

      await logIn(page, 'Ann');
      const arrived = page.waitForResponse('**/session');
      nobody.release();
      await (await arrived).finished();
      await page.evaluate("fetch('/assets/icon.svg')"); // One round more, for what the page would ask then.
      expect(await page.getByText('Signed in as Ann').isVisible()).toBe(true);
    });

    it('a late renewal does not bring back the session that a login has replaced', async () => {
      const device = await shop().device();
      const slow = await signedIn(shop(), 'Ann', device);
      const other = await shop().visit(device);
      await other.getByText('Signed in as Ann').waitFor();
      await shop().pass(28.5 * 60_000);

      const renewal = shop().answers.hold('POST', '/session');
      await slow.getByRole('button', { name: 'Stay signed in' }).click();
      expect(await renewal.made).toBe(200);

      await other.getByRole('button', { name: 'Log out' }).click();
      await logIn(other, 'Bea');
      const cookie = await cookieOf(device);
      const arrived = slow.waitForResponse('**/session');
      renewal.release();
      expect((await arrived).status()).toBe(200);

      await slow.getByText('Signed in as Bea').waitFor();
      expect(await cookieOf(device)).toEqual(cookie);
      for (const tab of [slow, other]) {
        await tab.reload();
        await tab.getByText('Signed in as Bea').waitFor();
      }
      shop().troubles.take(); // The slow tab may have seen the moment between logout and login.
    });
  });
});
