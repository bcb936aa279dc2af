import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { AppModule } from '../../sample/05-realtime/src/app.module.js';
import { launchChromium } from './support/chromium.js';
import { Troubles } from './support/troubles.js';

describe('the page of sample/05-realtime', () => {
  let browser: Browser;
  let app: INestApplication;
  let device: BrowserContext;
  const troubles = new Troubles();

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    process.env['STORAGE_PATH'] = ':memory:';
    app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
    await app.listen(0, '127.0.0.1');
    device = await browser.newContext({
      baseURL: (await app.getUrl()).replace('127.0.0.1', 'localhost'),
    });
    troubles.watch(device);
  });
  afterEach(async () => {
    await device.close();
    await app.close();
    delete process.env['STORAGE_PATH'];
  });

  const visit = async (): Promise<Page> => {
    const page = await device.newPage();
    await page.goto('/');
    return page;
  };

  it('a logout in one tab closes the socket and the stream of both, which say why', async () => {
    const first = await visit();
    await first.getByLabel('Name').fill('Ann');
    await first.getByRole('button', { name: 'Log in' }).click();
    await first.getByText('Hello Ann').waitFor();
    const second = await visit();
    for (const page of [first, second]) {
      await page.getByText('Open tabs: 2').waitFor();
    }
    await second.getByLabel('Message').fill('<b>Hi</b>');
    await second.getByRole('button', { name: 'Say' }).click();
    await first.getByText('Ann: <b>Hi</b>').waitFor();

    await first.getByRole('button', { name: 'Log out' }).click();
    for (const page of [first, second]) {
      await page.getByText('You signed out.').waitFor();
      expect(await page.getByRole('region', { name: 'Room' }).isVisible()).toBe(false);
    }
    await second.getByLabel('Name').fill('Ben');
    await second.getByRole('button', { name: 'Log in' }).click();
    await second.getByText('Open tabs: 1').waitFor();
    // If a page hears of the end by its socket first, it closes the stream.
    const left = troubles.take().filter((trouble) => trouble !== 'failed GET /presence');
    expect(left).toEqual(['401 GET /me']);
  });
});
