import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { eventually } from '../support/promises/eventually.js';
import { boundCookieOf, launchBindingChromium } from './support/binding-chromium.js';
import { OpenShop } from './support/open-shop.js';
import { logIn } from './support/shop.js';
import { certificateFor, startTlsFront, type TlsFront } from './support/tls-front.js';

describe('the shop over https', () => {
  const shop = new OpenShop();
  let browser: Browser;
  let front: TlsFront;

  beforeAll(async () => {
    const certificate = certificateFor('app.test');
    browser = await launchBindingChromium(certificate);
    await shop.open();
    front = await startTlsFront(certificate, shop.port);
  });
  afterAll(async () => {
    await browser?.close();
    await front?.close();
    await shop.close();
  });

  it('the list of devices shows a key beside those that are bound', async () => {
    const login = await fetch(`http://127.0.0.1:${shop.port}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'curl/8.0' },
      body: '{"name":"Ann"}',
    });
    expect(login.status).toBe(204);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`https://shop.app.test:${front.port}/`);
    await logIn(page, 'Ann');
    await eventually(async () => expect(await boundCookieOf(context)).toBeDefined());
    await page.reload();
    const devices = page
      .getByRole('region', { name: 'Where you’re signed in' })
      .getByRole('listitem');
    const bound = devices.filter({ has: page.getByRole('img', { name: 'Bound to its device' }) });
    await bound.waitFor();
    expect(await devices.count()).toBe(2);
    expect(await bound.count()).toBe(1);
    expect(await bound.innerText()).toContain('This device');
    await context.close();
  });
});
