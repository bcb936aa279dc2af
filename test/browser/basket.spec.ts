import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { add, basketOf, signedIn, withShop } from './support/shop.js';

describe('a basket in two tabs', () => {
  withShop((shop) => {
    it('products that two tabs add at the same moment are all kept and shown in both', async () => {
      const device = await shop().device();
      const one = await signedIn(shop(), 'Ann', device);
      const other = await shop().visit(device);
      await other.getByText('Signed in as Ann').waitFor();

      const addAll = async (page: Page, products: readonly string[]) => {
        for (const product of products) {
          await page.getByRole('button', { name: `Add ${product}` }).click();
        }
      };
      await Promise.all([
        addAll(one, ['Sourdough', 'Apples', 'Forest honey']),
        addAll(other, ['Salted butter', 'Coffee', 'Farm cheese']),
      ]);

      const basket = (await basketOf(one, 6)).toSorted();
      expect(basket).toEqual([
        'Apples, 1 kg × 1',
        'Coffee, 250 g × 1',
        'Farm cheese × 1',
        'Forest honey × 1',
        'Salted butter × 1',
        'Sourdough loaf × 1',
      ]);
      expect((await basketOf(other, 6)).toSorted()).toEqual(basket);
    });

    it('one tab shows that the other removed a product or logged out', async () => {
      const device = await shop().device();
      const one = await signedIn(shop(), 'Ann', device);
      await add(one, 'Apples, 1 kg');
      const other = await shop().visit(device);
      expect(await basketOf(other, 1)).toEqual(['Apples, 1 kg × 1']);

      await other.getByRole('button', { name: 'Remove Apples' }).click();
      await one.getByText('Nothing in it yet.').waitFor();
      await other.getByText('Apples, 1 kg: no longer in your basket.').waitFor();

      await other.getByRole('button', { name: 'Log out' }).click();
      await one.getByText('You are no longer signed in. Did you log out in another tab?').waitFor();
    });
  });
});
