import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 at level AA: labels, contrast, names, landmarks and more; and what axe calls good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Git ignores this folder. */
const PICTURES = 'reports/screenshots';

/** A desktop and a phone, each light and dark. */
export const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [
    { width: 1280, height: 800 },
    { width: 360, height: 740 },
  ].map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
);

/** Returns what axe finds on a page, and by how many pixels the page is too wide. */
export async function findingsOn(page: Page): Promise<{ found: string[]; overflow: number }> {
  // In one call, since a page can have a policy that allows no other script.
  const { violations } = await page.evaluate<AxeResults>(
    `${AXE}; axe.run({ runOnly: ${JSON.stringify(RULES)} })`,
  );
  const overflow = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
  return { found, overflow };
}

/** Writes a picture of a page for people to look at. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const file = `${PICTURES}/${name}.png`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await page.screenshot({ animations: 'disabled', caret: 'hide' }));
}
