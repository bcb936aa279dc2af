import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Controller, Get, Header, HttpCode, Post, Query } from '@nestjs/common';
import { CurrentSession, SessionStatusController } from 'nestjs-server-sessions';
import type { BrowserSessionState } from 'nestjs-server-sessions/browser';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { readPage } from '../support/docs/snippets.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { launchChromium } from './support/chromium.js';
import { HeldAnswers } from './support/held-answers.js';
import { libraryScript } from './support/library-script.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const script = await libraryScript();

const PAGE = `<!doctype html><html lang="en"><title>Page</title><button>Work</button><script type="module">
  import { BrowserSession } from '/browser-session.js';
  globalThis.told = [];
  globalThis.left = [];
  globalThis.errors = [];
  globalThis.session = new BrowserSession('/session', {
    onChange: (state, before) => told.push({ ...state, before: before?.live }),
    onTick: (ms) => left.push(ms),
    onError: ({ status, code }) => errors.push({ status, code }),
  });
</script>`;

/** The page that docs/browser.md shows. */
const [, DOCUMENTED] = /```html\n([^]+?)```/.exec(readPage('docs/browser.md'))!;

@Controller()
class PageController {
  @Get('documented')
  @Header('content-type', 'text/html')
  documented() {
    return DOCUMENTED;
  }

  @Get()
  @Header('content-type', 'text/html')
  page() {
    return PAGE;
  }

  @Get('browser-session.js')
  @Header('content-type', 'text/javascript')
  script() {
    return script;
  }

  @Post('login')
  @HttpCode(204)
  async login(@Query('name') name: string, @CurrentSession() session: CurrentSession) {
    await session.start({ userId: name });
  }

  @Post('logout')
  @HttpCode(204)
  async logout(@CurrentSession() session: CurrentSession) {
    await session.end();
  }
}

describeAdapters((adapter) => {
  let browser: Browser;
  let app: TestApp;
  let device: BrowserContext;
  let answers: HeldAnswers;
  /** `METHOD path` of the requests of all tabs to the status. */
  let asked: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    answers = new HeldAnswers();
    app = await startApp(adapter, {
      controllers: [PageController, SessionStatusController],
      options: { rolling: true, expireTime: 30 * MINUTE },
      configure: (nest) => nest.use(answers.middleware),
    });
    device = await browser.newContext({ baseURL: `http://localhost:${app.port}` });
    device.setDefaultTimeout(20_000);
    asked = [];
    device.on('request', (request) => {
      if (request.url().endsWith('/session')) {
        asked.push(request.method());
      }
    });
  });
  afterEach(async () => {
    await device.close();
    await app.close();
  });

  /** Opens a tab whose clock stands still, and waits until it knows its session. */
  const open = async (): Promise<Page> => {
    const page = await device.newPage();
    await page.clock.install({ time: app.clock.now() });
    await page.clock.pauseAt(app.clock.now() + SECOND);
    await page.goto('/');
    await page.waitForFunction('globalThis.told?.length > 0');
    return page;
  };

  const post = (page: Page, path: string) =>
    page.evaluate(`fetch(${JSON.stringify(path)}, { method: 'POST' }).then(() => session.check())`);

  const signedIn = async (name = 'ada'): Promise<Page> => {
    const page = await open();
    await post(page, `/login?name=${name}`);
    await page.waitForFunction('told.at(-1).live');
    asked = [];
    return page;
  };

  /** Lets time pass on the server and in the tabs, as if the device slept meanwhile. */
  const sleep = async (milliseconds: number, ...pages: Page[]) => {
    app.clock.advance(milliseconds);
    for (const page of pages) {
      await page.clock.fastForward(milliseconds);
    }
  };

  const toldOf = (page: Page) =>
    page.evaluate<(BrowserSessionState & { before: boolean })[]>('told');
  const until = (page: Page, condition: string) => page.waitForFunction(condition);
  const stateOf = (page: Page) => page.evaluate<BrowserSessionState>('session.state');
  const leftOn = (page: Page) => page.evaluate<number>('left.at(-1)');

  it('a page learns that its visitor has no session, and of the login and the logout', async () => {
    const page = await open();
    await post(page, '/login?name=ada');
    await post(page, '/logout');
    expect(await toldOf(page)).toEqual([
      { live: false, code: 'SESSION_MISSING' },
      { live: true, id: expect.any(String), endsAt: expect.any(Number), before: false },
      { live: false, code: 'SESSION_MISSING', before: true },
    ]);
  });

  it('a check returns what the server says, although the page asks again in the meantime', async () => {
    const page = await signedIn();
    await page.evaluate("fetch('/logout', { method: 'POST' })");
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/session', async (route) => {
      await (asked.length > 1 ? released : undefined);
      await route.continue();
    });
    const check = page.evaluate(`(() => {
      const checked = session.check();
      dispatchEvent(new Event('focus'));
      return checked;
    })()`);
    expect(await check).toEqual({ live: false, code: 'SESSION_MISSING' });
    expect(asked).toEqual(['GET', 'GET']);
    release();
  });

  it('the page counts down to the end, and tells that the session has expired', async () => {
    const page = await signedIn();
    await sleep(20 * MINUTE, page);
    await until(page, `left.at(-1) <= ${10 * MINUTE}`);
    expect(await leftOn(page)).toBe(10 * MINUTE);
    await sleep(10 * MINUTE, page);
    await until(page, '!told.at(-1).live');
    expect((await toldOf(page)).at(-1)).toMatchObject({ code: 'SESSION_EXPIRED', before: true });
    expect(asked.filter((method) => method === 'POST')).toEqual([]);
    expect(Math.min(...(await page.evaluate<number[]>('left')))).toBe(0);
  });

  it('an open page does not keep its session alive, however often it asks', async () => {
    const page = await signedIn();
    for (let minutes = 0; minutes < 30; minutes += 5) {
      const response = page.waitForResponse('**/session');
      await sleep(5 * MINUTE, page);
      await response;
    }
    await until(page, '!told.at(-1).live');
    expect(asked).not.toContain('POST');
  });

  it('activity renews the session, at most once in touchAfter', async () => {
    const page = await signedIn();
    await sleep(5 * MINUTE, page);
    const renewed = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button').click();
    await (await renewed).finished();
    await until(page, `session.state.endsAt - Date.now() === ${30 * MINUTE}`);
    for (let clicks = 0; clicks < 5; clicks++) {
      await page.getByRole('button').click();
      await page.keyboard.press('a');
    }
    await sleep(59 * SECOND, page);
    await page.keyboard.press('a');
    await page.evaluate('session.check()');
    expect(asked.filter((method) => method === 'POST')).toHaveLength(1);

    await sleep(SECOND, page);
    await page.keyboard.press('a');
    await until(page, `session.state.endsAt - Date.now() === ${30 * MINUTE}`);
    expect(asked.filter((method) => method === 'POST')).toHaveLength(2);
  });

  it('activity that a script makes up renews nothing', async () => {
    const page = await signedIn();
    await sleep(5 * MINUTE, page);
    await page.evaluate(`for (const type of ['pointerup', 'touchend', 'keydown', 'wheel', 'click', 'scroll']) {
      document.querySelector('button').dispatchEvent(new Event(type, { bubbles: true }));
    }
    document.querySelector('button').click();
    document.documentElement.style.height = '5000px';
    scrollTo(0, 500);`);
    // The events of scrolling come before the next response.
    await page.evaluate('session.check()');
    expect(asked).not.toContain('POST');
  });

  it('a renewal in one tab moves the end in all tabs, without a request of theirs', async () => {
    const one = await signedIn();
    const other = await open();
    await sleep(5 * MINUTE, one, other);
    await Promise.all([one, other].map((page) => page.evaluate('session.check()')));
    asked = [];
    await one.evaluate('session.renew()');
    await until(other, `session.state.endsAt - Date.now() === ${30 * MINUTE}`);
    expect(await stateOf(other)).toEqual(await stateOf(one));
    expect(asked).toEqual(['POST']);
    // The other tab knows that a renewal has no effect yet.
    await other.keyboard.press('a');
    await other.evaluate('session.check()');
    expect(asked).toEqual(['POST', 'GET']);
  });

  it('a login and a logout in one tab are told in the other', async () => {
    const one = await open();
    const other = await open();
    await post(one, '/login?name=ada');
    await until(other, 'told.at(-1).live');
    const { id } = (await stateOf(other)) as { id: string };
    await post(one, '/login?name=bob');
    await until(other, `told.at(-1).id !== ${JSON.stringify(id)}`);
    await post(one, '/logout');
    await until(other, '!told.at(-1).live');
    expect((await toldOf(other)).map(({ live }) => live)).toEqual([false, true, true, false]);
  });

  it.each([
    [undefined, 'revoked'],
    ['password-changed', 'password-changed'],
  ])('a page tells that another device ended the session, and why (%s)', async (given, reason) => {
    const page = await signedIn();
    const options = given ? { reason: given as 'revoked' } : {};
    await app.manager.removeUserSessions('ada', options);
    await sleep(MINUTE, page);
    await until(page, '!told.at(-1).live');
    expect((await toldOf(page)).at(-1)).toMatchObject({ code: 'SESSION_ENDED', reason });
  });

  it('a page that slept asks as soon as it wakes', async () => {
    const page = await signedIn();
    await app.manager.removeUserSessions('ada');
    // Less than the time between two checks, but the timer is late.
    await sleep(10 * SECOND, page);
    await until(page, '!told.at(-1).live');
    expect((await toldOf(page)).at(-1)).toMatchObject({ code: 'SESSION_ENDED' });
  });

  it('a page that the browser froze asks when it goes on', async () => {
    const page = await signedIn();
    await app.manager.removeUserSessions('ada');
    // Chromium freezes only pages in the background, and all tabs of a driven browser are visible.
    await page.evaluate("document.dispatchEvent(new Event('resume'))");
    await until(page, '!told.at(-1).live');
    expect((await toldOf(page)).at(-1)).toMatchObject({ code: 'SESSION_ENDED' });
  });

  it('the page learns of an outage, which ends nothing and is over with the next check', async () => {
    const page = await signedIn();
    await takeAway(app.connection);
    await sleep(2 * MINUTE, page);
    await until(page, 'errors.length > 0');
    expect(await page.evaluate('errors[0]')).toEqual({
      status: 503,
      code: 'SESSION_STORE_UNAVAILABLE',
    });
    expect(await stateOf(page)).toMatchObject({ live: true });
    const error = await page.evaluate(
      'session.renew().catch(({ message, status }) => ({ message, status }))',
    );
    expect(error).toEqual({ message: expect.stringMatching(/responded with 503/), status: 503 });
    await bringBack(app.connection);
    await sleep(2 * MINUTE, page);
    await until(page, `left.at(-1) === ${26 * MINUTE}`);
    expect(await page.evaluate('session.check()')).toMatchObject({ live: true });
  });

  it('if the server is out of reach, the status is 0, and the page asks again when the network is back', async () => {
    const page = await signedIn();
    await device.setOffline(true);
    await sleep(2 * MINUTE, page);
    await until(page, 'errors.length > 0');
    expect(await page.evaluate('errors[0]')).toEqual({ status: 0 });
    await app.manager.removeUserSessions('ada');
    await device.setOffline(false);
    await until(page, '!told.at(-1).live');
  });

  it('a check at the end waits for a renewal that is under way', async () => {
    const page = await signedIn();
    await sleep(30 * MINUTE - 10 * SECOND, page);
    await until(page, `left.at(-1) <= ${10 * SECOND}`);
    asked = [];
    const held = answers.hold('POST', '/session');
    await page.evaluate('void (globalThis.renewed = session.renew())');
    await held.made;
    for (let seconds = 0; seconds < 16; seconds += 4) {
      await page.clock.runFor(4 * SECOND);
    }
    held.release();
    expect(await page.evaluate('renewed')).toMatchObject({ live: true });
    expect(asked).toEqual(['POST']);
    expect((await toldOf(page)).every(({ live }, index) => live || index === 0)).toBe(true);
  });

  it('after a stop a check returns what the server says, and tells the page nothing', async () => {
    const page = await signedIn();
    const told = await toldOf(page);
    const held = answers.hold('GET', '/session');
    await page.evaluate('void (globalThis.checked = session.check())');
    await held.made;
    await page.evaluate("session.stop(); fetch('/logout', { method: 'POST' })");
    expect(await page.evaluate('session.check()')).toEqual({
      live: false,
      code: 'SESSION_MISSING',
    });
    held.release();
    expect(await page.evaluate('checked')).toMatchObject({ live: true });
    expect(await toldOf(page)).toEqual(told);
  });

  it('a session that was stopped listens to nothing any more', async () => {
    const page = await signedIn();
    await page.evaluate('session.stop()');
    asked = [];
    const ticks = await page.evaluate('left.length');
    await sleep(5 * MINUTE, page);
    await page.getByRole('button').click();
    await page.evaluate("dispatchEvent(new Event('focus'))");
    await page.evaluate("fetch('/browser-session.js')"); // One round more, for what the page would ask then.
    expect(asked).toEqual([]);
    expect(await page.evaluate('left.length')).toBe(ticks);
  });

  it('the page of the documentation warns, keeps the session alive and tells why it ended', async () => {
    const other = await signedIn();
    const page = await device.newPage();
    await page.clock.install({ time: app.clock.now() });
    await page.clock.pauseAt(app.clock.now() + SECOND);
    const asks = page.waitForResponse('**/session');
    await page.goto('/documented');
    await asks;
    await sleep(28.5 * MINUTE, page, other);
    await page.getByText('You will be signed out in 90 seconds.').waitFor();
    await page.getByRole('button', { name: 'Stay signed in' }).click();
    await page.getByRole('status').waitFor({ state: 'hidden' });
    await app.manager.removeUserSessions('ada');
    await sleep(MINUTE, page);
    await page.getByText('You were signed out from another device.').waitFor();
  });
});
