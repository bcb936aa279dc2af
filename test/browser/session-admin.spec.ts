import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CanActivate } from '@nestjs/common';
import { SessionAdminModule } from 'nestjs-server-sessions/admin';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { launchChromium } from './support/chromium.js';
import { findingsOn } from './support/looks.js';
import { Troubles } from './support/troubles.js';

const MINUTE = 60_000;

/** The pictures of README are written only by `npm run screenshots`. */
const WRITES_PICTURES = process.env['SCREENSHOTS'] === '1';

const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [1024, 360].map((width) => ({ colorScheme, width, viewport: { width, height: 800 } })),
);

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5';
const HOSTILE = `<script>document.title = 'taken'</script>"><img src=x onerror="document.title='taken'">\u202E${'w'.repeat(200)}`;

class OpenGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

describe('the pages for operators in Chromium', () => {
  let browser: Browser;
  let app: TestApp;
  let device: BrowserContext | undefined;
  let troubles: Troubles;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    app = await startApp(ADAPTERS[0]!, {
      imports: [SessionAdminModule.forRoot({ guard: OpenGuard, showData: true })],
      options: { expireTime: 60 * MINUTE },
    });
  });
  afterEach(async () => {
    const left = troubles.take();
    await device?.close();
    await app.close();
    expect(left).toEqual([]);
  });

  const visit = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
    device = await browser.newContext({ baseURL: `http://localhost:${app.port}`, ...options });
    device.setDefaultTimeout(20_000);
    troubles = new Troubles();
    troubles.watch(device);
    const page = await device.newPage();
    await page.goto('/admin/sessions');
    return page;
  };

  const login = async (userId: string, ip: string, userAgent: string) => {
    const data = { userId, basket: ['bread', HOSTILE] };
    const token = await app.manager.createSession(data, { client: { ip, userAgent } });
    app.clock.advance(3 * MINUTE);
    return token;
  };

  const stock = async () => {
    await login('ann', '203.0.113.7', IPHONE);
    await app.manager.removeSession(await login('bob', '192.0.2.9', FIREFOX));
    await login('ann', '198.51.100.4', FIREFOX);
  };

  it.each(LOOKS)(
    'the pages pass axe and do not overflow in $colorScheme at $width pixels',
    async (look) => {
      await stock();
      const hostile = await login(HOSTILE.slice(0, 250), '9'.repeat(45), HOSTILE);
      const page = await visit(look);
      const check = async () =>
        expect({ url: page.url(), ...(await findingsOn(page)) }).toEqual({
          url: page.url(),
          found: [],
          overflow: 0,
        });
      await page.reload();
      await page.getByText('Counted').waitFor();
      await page.getByText('All users have to log in again').click();
      await check();
      await page.goto(`/admin/sessions/session/${hostile.split('.')[0]}`);
      await check();
      await page.getByRole('button', { name: 'Show the data' }).click();
      await page.getByText('"bread"').waitFor();
      await check();
      await page.getByRole('link', { name: HOSTILE.slice(0, 20) }).click();
      await page.getByRole('heading', { name: 'Live sessions' }).waitFor();
      await check();
      await page.getByRole('button', { name: 'End all of them' }).click();
      await page.getByText('One session was ended.').waitFor();
      await check();
      await page.goto('/admin/sessions/session/none');
      await check();
      expect(await page.title()).not.toBe('taken');
      expect(troubles.take()).toEqual(['404 GET /admin/sessions/session/none']);
    },
  );

  it('an operator finds and ends a session by the keyboard alone', async () => {
    await stock();
    const token = await login('eve', '192.0.2.66', FIREFOX);
    const page = await visit();
    await page.getByLabel('User id, exactly').focus();
    await page.keyboard.type('eve');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'User eve' }).waitFor();
    await page.getByRole('link', { name: token.split('.')[0]! }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Reason').focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('stolen');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('One session was ended.').waitFor();
    await expect(app.manager.retrieveSession(token)).rejects.toMatchObject({ reason: 'stolen' });
  });

  it('all sessions are ended only after the box is ticked', async () => {
    await stock();
    const page = await visit();
    await page.getByText('All users have to log in again').click();
    await page.getByRole('button', { name: 'End all sessions' }).click();
    expect(await app.manager.countSessions()).toBe(2);
    await page.getByLabel('Log everybody out').check();
    await page.getByRole('button', { name: 'End all sessions' }).click();
    await page.getByText('2 sessions were ended.').waitFor();
    expect(await app.manager.countSessions()).toBe(0);
  });

  it.each(['light', 'dark'] as const)('pictures show the first page, %s', async (colorScheme) => {
    await stock();
    const page = await visit({ colorScheme, viewport: { width: 1024, height: 700 } });
    await page.reload();
    await page.getByText('Counted').waitFor();
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    expect(picture.length).toBeLessThan(150 * 1024);
    if (WRITES_PICTURES) {
      writeFileSync(`docs/images/admin-${colorScheme}.png`, picture);
    }
  });
});
