import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, Post, Req, UseGuards } from '@nestjs/common';
import { CurrentSession, SessionGuard, type SessionsModuleOptions } from 'nestjs-server-sessions';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { overHttps, type OverHttps } from '../support/applications/over-https.js';
import { describeBrowsers } from './support/browsers.js';
import type { Device } from './support/driven-browser.js';

const THIRTY_DAYS = 30 * 24 * 60 * 60;

/** Resolves to the cookies of the next request to `/seen`. */
let seen: (cookies: string | undefined) => void;

@Controller()
class CookiesController {
  @Get('page')
  @Header('content-type', 'text/html')
  page(): string {
    return '<!doctype html><title>A page</title>';
  }

  @Post('login')
  async login(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.start({});
  }

  @Post('login-for-now')
  async loginForNow(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.start({}, { persistent: false });
  }

  /** Sets a cookie that breaks the rules of its prefix. An engine that keeps it also keeps such cookies of other hosts. */
  @Post('plant')
  @Header('set-cookie', '__Host-id=planted; Path=/guarded; Secure')
  plant(): void {}

  @Post('logout')
  async logout(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.end();
  }

  @Get('guarded')
  @UseGuards(SessionGuard)
  guarded(): void {}

  @Get(['seen', 'guarded/seen'])
  see(@Req() { headers }: { headers: { cookie?: string } }): void {
    seen(headers.cookie);
  }

  @Post('seen')
  seePosted(@Req() request: { headers: { cookie?: string } }): void {
    this.see(request);
  }
}

describeBrowsers(({ keepsSecureFromLocalhost, enforcesPrefixes }, browser) => {
  let app: TestApp;
  let https: OverHttps | undefined;
  let device: Device;

  const start = async (cookie: SessionsModuleOptions['cookie'] = {}) => {
    app = await startApp(ADAPTERS[0]!, {
      controllers: [CookiesController],
      options: { cookie, clock: Date },
    });
    device = await browser().device();
    return { localhost: `http://localhost:${app.port}`, address: `http://127.0.0.1:${app.port}` };
  };
  const startOverHttps = async () => {
    await start();
    https = await overHttps(app);
    return https.url;
  };
  afterEach(async () => {
    await device.close();
    await https?.close();
    https = undefined;
    await app.close();
  });

  /** Returns the status of a request that the page sends. */
  const ask = (method: string, path: string) =>
    device.evaluate<number>(
      `fetch('${path}', { method: '${method}' }).then(({ status }) => status)`,
    );

  /** Logs in on a page of this origin. */
  const logIn = async (origin: string, path = '/login') => {
    await device.goTo(`${origin}/page`);
    expect(await ask('POST', path)).toBe(201);
  };

  /** Returns the cookies of the request to `/seen` that an action causes. */
  const cookiesOf = async (cause: () => Promise<unknown>) => {
    const arrived = new Promise<string | undefined>((resolve) => {
      seen = resolve;
    });
    await cause();
    return arrived;
  };

  describe('the cookie of the default options', () => {
    it('a cookie set over https is kept for 30 days, hidden from scripts and other hosts', async () => {
      const origin = await startOverHttps();
      await logIn(origin);
      expect(await ask('GET', '/guarded')).toBe(200);
      const [cookie, ...others] = await device.cookies();
      expect(others).toEqual([]);
      expect(cookie).toMatchObject({
        name: '__Host-id',
        domain: 'localhost', // Without a dot before it: of this host alone.
        path: '/',
        httpOnly: true,
        secure: true,
        sameSite: 'Lax',
      });
      const secondsLeft = cookie!.expires! - Date.now() / 1000;
      expect(secondsLeft).toBeGreaterThan(THIRTY_DAYS - 60);
      expect(secondsLeft).toBeLessThan(THIRTY_DAYS + 60);
      expect(await device.evaluate('document.cookie')).toBe('');
    });

    it('a cookie of our name that another host could set is dropped, unless the engine ignores prefixes', async () => {
      const origin = await startOverHttps();
      await device.goTo(`${origin}/page`);
      expect(await ask('POST', '/plant')).toBe(201);
      const cookies = await cookiesOf(() => ask('GET', '/guarded/seen'));
      expect(cookies).toBe(enforcesPrefixes ? undefined : '__Host-id=planted');
    });

    it('a logout clears the cookie', async () => {
      await logIn(await startOverHttps());
      expect(await ask('POST', '/logout')).toBe(201);
      expect(await device.cookies()).toEqual([]);
      expect(await ask('GET', '/guarded')).toBe(401);
    });

    it.each(['localhost', 'address'] as const)(
      'a Secure cookie over http on this machine is kept, or warned about if the browser drops it: %s',
      async (host) => {
        const origins = await start();
        await logIn(origins[host]);
        expect(await ask('GET', '/guarded')).toBe(keepsSecureFromLocalhost ? 200 : 401);
        expect(await device.cookies()).toHaveLength(keepsSecureFromLocalhost ? 1 : 0);
        expect(app.logger.lines('warn')).toHaveLength(keepsSecureFromLocalhost ? 0 : 1);
      },
    );
  });

  describe('a cookie that need not be Secure', () => {
    it('a cookie that is not Secure is kept over http', async () => {
      const { localhost } = await start({ secure: false });
      await logIn(localhost);
      expect(await ask('GET', '/guarded')).toBe(200);
      expect(await device.cookies()).toEqual([
        expect.objectContaining({ name: 'id', httpOnly: true, secure: false, sameSite: 'Lax' }),
      ]);
      expect(await device.evaluate('document.cookie')).toBe('');
    });

    it('a cookie that is not persistent lasts until the browser closes', async () => {
      const { localhost } = await start({ secure: false });
      await logIn(localhost, '/login-for-now');
      expect(await ask('GET', '/guarded')).toBe(200);
      expect((await device.cookies())[0]!.expires).toBeUndefined();
    });
  });

  describe('a request that a page of another site causes', () => {
    const CAUSES = {
      link: (url: string) => `location.assign('${url}')`,
      form: (url: string) =>
        `document.body.innerHTML = '<form method="post" action="${url}">'; document.forms[0].submit()`,
      script: (url: string) => `fetch('${url}', { mode: 'no-cors', credentials: 'include' })`,
    };

    it.each<['lax' | 'strict', keyof typeof CAUSES, boolean]>([
      ['lax', 'link', true],
      ['lax', 'form', false],
      ['lax', 'script', false],
      ['strict', 'link', false],
    ])(
      'with sameSite %s a request by a %s from another site carries the cookie: %s',
      async (sameSite, cause, goesAlong) => {
        const { localhost, address } = await start({ secure: false, sameSite });
        await logIn(localhost);
        expect(await cookiesOf(() => device.goTo(`${localhost}/seen`))).toMatch(/^id=/);
        await device.goTo(`${address}/page`);
        const script = CAUSES[cause](`${localhost}/seen`);
        // The page may be gone before it can report that the script has run.
        const cookies = await cookiesOf(() =>
          device.evaluate(`void setTimeout(() => { ${script} })`),
        );
        expect(cookies).toEqual(goesAlong ? expect.stringMatching(/^id=/) : undefined);
      },
    );
  });
});
