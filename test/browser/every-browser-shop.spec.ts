import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeBrowsers } from './support/browsers.js';
import type { Device } from './support/driven-browser.js';
import { OpenShop } from './support/open-shop.js';
import { ShopPage } from './support/shop-page.js';

const MINUTE = 60_000;
const ENV_FILE = 'sample/01-shop/development.env';
const DEVICE_NAMES: Record<string, string> = {
  Chromium: 'Chrome on Linux',
  Firefox: 'Firefox on Linux',
  WebKit: 'Safari on Linux',
};

/** The files from which Node reads the environment in `npm start`. */
const envFilesOfStart = () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>;
  };
  return scripts['start']!.match(/(?<=--env-file=)\S+/g);
};

describeBrowsers(({ name, keepsSecureFromLocalhost }, browser) => {
  const environment = process.env['NODE_ENV'];
  let shop: OpenShop;
  let devices: Device[];

  const open = async (nodeEnv: string | undefined) => {
    process.env['NODE_ENV'] = nodeEnv;
    shop = new OpenShop();
    await shop.open();
  };
  const visit = async () => {
    const device = await browser().device();
    devices.push(device);
    return ShopPage.visit(device, shop.url);
  };
  const signedIn = async () => {
    const page = await visit();
    await page.logIn('Ann');
    return page;
  };

  beforeEach(() => {
    devices = [];
  });
  afterEach(async () => {
    process.env['NODE_ENV'] = environment;
    await Promise.all(devices.map((device) => device.close()));
    await shop.close();
  });

  describe('the shop of npm start on http://localhost', () => {
    beforeEach(async () => {
      expect(envFilesOfStart()).toEqual([ENV_FILE]);
      await open(parseEnv(readFileSync(ENV_FILE, 'utf8'))['NODE_ENV']);
    });

    it('a customer signs in, keeps the basket over a reload, and sees nothing of it after the logout', async () => {
      const page = await signedIn();
      await page.press('Add Apples');
      await page.shows('Apples, 1 kg × 1');
      await devices[0]!.goTo(shop.url);
      await page.shows('Apples, 1 kg × 1');
      await page.press('Log out');
      await page.shows('You are logged out.');
      expect(await devices[0]!.cookies()).toEqual([]);
      await devices[0]!.goTo(shop.url);
      await page.shows('Log in');
    });

    it('two devices are shown, and one signs out the other', async () => {
      const phone = await signedIn();
      const laptop = await signedIn();
      const deviceName = DEVICE_NAMES[name]!;
      expect(await laptop.devices(2)).toEqual([deviceName, deviceName]);
      await laptop.press(`Sign out ${deviceName}`);
      await laptop.shows(`${deviceName} is signed out.`);
      expect(await laptop.devices(1)).toEqual([deviceName]);
      await phone.press('Add Apples');
      await phone.shows('You have been signed out here');
      await laptop.press('Add Apples');
      await laptop.shows('Apples, 1 kg × 1');
    });

    it('the page explains why a session ended, and the customer signs in again', async () => {
      const page = await signedIn();
      shop.advance(31 * MINUTE);
      await page.pressIfShown('Add Apples');
      await page.shows('because nothing happened for a while.');
      await page.logIn('Ann');
    });
  });

  describe('the shop in production, opened on http://localhost', () => {
    it('a customer signs in if the browser keeps the Secure cookie, and otherwise reads why not', async () => {
      await open('production');
      const page = await visit();
      await page.tryToLogIn('Ann');
      await page.shows(
        keepsSecureFromLocalhost
          ? 'Signed in as Ann'
          : 'Your browser did not keep the session cookie, so you are not signed in.',
      );
      const names = (await devices[0]!.cookies()).map((cookie) => cookie.name);
      expect(names).toEqual(keepsSecureFromLocalhost ? ['__Host-id'] : []);
    });
  });
});
