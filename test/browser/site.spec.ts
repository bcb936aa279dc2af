import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { ROOT } from '../support/docs/snippets.js';
import { launchChromium } from './support/chromium.js';
import { findingsOn, LOOKS, takePicture } from './support/looks.js';
import { Troubles } from './support/troubles.js';

const SITE = join(ROOT, 'site/dist');

/** One page of each sort. */
const PAGES = [
  { name: 'front', path: '/' },
  { name: 'guide', path: '/docs/passwords' },
  { name: 'options', path: '/docs/options' },
  { name: 'entry-point', path: '/api/nestjs-server-sessions/testing/' },
  { name: 'class', path: '/api/nestjs-server-sessions/classes/SessionManager' },
];

class SiteModule {}

describe('the documentation site in Chromium', () => {
  let browser: Browser;
  let site: NestExpressApplication;
  let origin: string;
  let device: BrowserContext;
  let troubles: Troubles;
  let strangers: string[];

  beforeAll(async () => {
    if (!existsSync(SITE)) {
      throw new Error('There is no site/dist, and these tests visit it. Run npm run docs:site.');
    }
    browser = await launchChromium();
    site = await NestFactory.create<NestExpressApplication>(SiteModule, { logger: false });
    site.useStaticAssets(SITE, { extensions: ['html'] });
    await site.listen(0, '127.0.0.1');
    origin = await site.getUrl();
  });
  afterAll(async () => {
    await browser?.close();
    site?.getHttpServer().closeAllConnections();
    await site?.close();
  });
  afterEach(async () => {
    await device.close();
    expect(troubles.take()).toEqual([]);
    expect(strangers).toEqual([]);
  });

  const open = async (options: BrowserContextOptions = {}): Promise<Page> => {
    device = await browser.newContext({ baseURL: origin, ...options });
    device.setDefaultTimeout(20_000);
    troubles = new Troubles();
    troubles.watch(device);
    strangers = [];
    device.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) {
        strangers.push(request.url());
      }
    });
    return device.newPage();
  };

  /** Opens a page, and waits until its scripts have run: the switch between light and dark gets its name last. */
  const goTo = async (page: Page, path: string) => {
    await page.goto(path);
    await page
      .locator('.VPSwitchAppearance[title^="Switch to"]')
      .first()
      .waitFor({ state: 'attached' });
  };

  it.each(LOOKS.flatMap((look) => PAGES.map((page) => ({ ...look, ...page }))))(
    '$path passes axe and does not overflow in $colorScheme at $width pixels',
    async ({ name, path, ...look }) => {
      const page = await open(look);
      await goTo(page, path);
      await takePicture(page, `site/${name}-${look.colorScheme}-${look.width}`);
      expect(await findingsOn(page)).toEqual({ found: [], overflow: 0 });
    },
  );

  it('the search works by the keyboard, and without a server of others', async () => {
    const page = await open();
    await goTo(page, '/');
    await page.keyboard.press('Control+k');
    await page.getByRole('searchbox').waitFor();
    await page.keyboard.type('logout');
    const results = page.getByRole('option');
    await results.first().waitFor();
    await takePicture(page, 'site/search');
    expect(await results.first().innerText()).toMatch(/log ?out/i);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/docs\//);
    await page.keyboard.press('/');
    await page.getByRole('searchbox').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').waitFor({ state: 'detached' });
  });

  it('the first press of the tab key leads past the navigation', async () => {
    const page = await open();
    await goTo(page, '/docs/passwords');
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'Skip to content' }).waitFor();
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#VPContent');
  });
});
