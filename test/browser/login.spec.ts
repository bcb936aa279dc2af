import { describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { basketOf, cookieOf, logIn, signedIn, withShop } from './support/shop.js';

/** Presses Tab until an element has the focus, and returns how the focus shows. */
async function tabTo(page: Page, target: Locator): Promise<string> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element.matches(':focus'))) {
      return target.evaluate(
        ({ ownerDocument }) =>
          ownerDocument.defaultView!.getComputedStyle(ownerDocument.activeElement!).outlineStyle,
      );
    }
  }
  throw new Error('The keyboard does not get there.');
}

describe('a login in a browser', () => {
  withShop((shop) => {
    it('a login shows the shop, and a logout shows the login again', async () => {
      const device = await shop().device();
      const page = await shop().visit(device);
      await logIn(page, 'Ann');
      expect(await page.getByLabel('Your name').isVisible()).toBe(false);

      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByText('You are logged out.').waitFor();
      expect(await page.getByLabel('Your name').isVisible()).toBe(true);
      expect(await page.locator('body').textContent()).not.toContain('Ann');
      expect(await cookieOf(device)).toBeUndefined();
    });

    it('the cookie of a login is hidden from scripts, other hosts and plain http', async () => {
      const device = await shop().device();
      const page = await signedIn(shop(), 'Ann', device);
      expect(await device.cookies()).toEqual([
        {
          name: '__Host-id',
          value: expect.stringMatching(/^[-0-9a-f]{36}\.[-\w]{43}$/),
          domain: 'localhost', // Without a dot before it: of this host alone.
          path: '/',
          expires: expect.any(Number),
          httpOnly: true,
          secure: true,
          sameSite: 'Lax',
        },
      ]);
      expect(await page.evaluate('document.cookie')).toBe('');
    });

    it('a second press during a login is ignored', async () => {
      const page = await shop().visit(await shop().device());
      const logins: string[] = [];
      page.on('request', (request) => {
        if (request.url().endsWith('/login')) {
          logins.push(request.url());
        }
      });
      const slow = shop().answers.hold('POST', '/login');
      await page.getByLabel('Your name').fill('Ann');
      await page.getByRole('button', { name: 'Log in' }).click();
      await slow.made;
      await page.getByRole('button', { name: 'Log in' }).click();
      slow.release();
      await page.getByText('Signed in as Ann').waitFor();
      expect(logins).toHaveLength(1);
    });

    it('the login works with the keyboard alone, and the focus is visible', async () => {
      const page = await shop().visit(await shop().device());
      await page.getByLabel('Your name').waitFor();
      expect(await tabTo(page, page.getByLabel('Your name'))).toBe('solid');
      await page.keyboard.type('Ann');
      expect(await tabTo(page, page.getByRole('button', { name: 'Log in' }))).toBe('solid');
      await page.keyboard.press('Enter');
      await page.getByText('Signed in as Ann').waitFor();

      expect(await tabTo(page, page.getByRole('button', { name: 'Add Apples' }))).toBe('solid');
      await page.keyboard.press('Enter');
      expect(await basketOf(page, 1)).toEqual(['Apples, 1 kg × 1']);
      await page.keyboard.press('Space');
      await page.getByText('Apples, 1 kg × 2').waitFor();

      expect(await tabTo(page, page.getByRole('button', { name: 'Remove Apples' }))).toBe('solid');
      await page.keyboard.press('Enter');
      await page.getByText('Nothing in it yet.').waitFor();
      const heading = page.getByRole('heading', { name: 'Basket' });
      expect(await heading.evaluate((element) => element.matches(':focus'))).toBe(true);
    });
  });
});
