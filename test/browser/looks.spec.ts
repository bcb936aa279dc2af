import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { add, logIn, signedIn, withShop, type Shop } from './support/shop.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 at level AA: labels, contrast, names, landmarks and more; and what axe calls good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const SCHEMES = ['light', 'dark'] as const;
const SIZES = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
];
const LOOKS = SCHEMES.flatMap((colorScheme) =>
  SIZES.map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
);

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

async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} })`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

describe('the appearance of the shop', () => {
  withShop((shop) => {
    it.each(LOOKS)(
      'the shop passes axe and does not overflow in $colorScheme at $width pixels',
      async (look) => {
        for await (const [state, page] of statesOf(shop(), look)) {
          const violations = await violationsOn(page);
          const overflow = await page.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          expect({ state, violations, overflow }).toEqual({ state, violations: [], overflow: 0 });
        }
        const troubles = shop().troubles.take();
        expect(troubles.filter((trouble) => !trouble.startsWith('401 GET '))).toEqual([]);
      },
    );

    it('the shop is dark or light as the system setting asks', async () => {
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
