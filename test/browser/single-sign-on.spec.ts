import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, Post, UnauthorizedException, type Type } from '@nestjs/common';
import { CurrentSession, PublicRoute } from 'nestjs-server-sessions';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { compileSnippets, type CompiledSnippets } from '../support/docs/compile.js';
import { readSnippets } from '../support/docs/snippets.js';
import { launchChromium } from './support/chromium.js';
import { certificateFor, startTlsFront, type TlsFront } from './support/tls-front.js';

const NAMES = ['sign-in', 'sign-in.controller', 'posted-sign-in.controller', 'payment.controller'];

/** What the provider sends back for a user. */
interface Response {
  readonly state: string;
  readonly code: string;
}

/** Signs its codes with the nonce, as a real provider signs an ID token. */
class StubProvider {
  async loginUrl({ state, nonce }: { state: string; nonce: string }): Promise<string> {
    return `https://idp.example/login?${new URLSearchParams({ state, nonce }).toString()}`;
  }

  async verify({ code }: Record<string, string>, { nonce }: { nonce: string }): Promise<string> {
    const [user, signed] = code!.split(':');
    if (signed !== nonce) {
      throw new UnauthorizedException();
    }
    return user!;
  }
}

@Controller()
@PublicRoute()
class HomeController {
  @Get()
  @Header('content-type', 'text/html')
  home(@CurrentSession() { data }: CurrentSession): string {
    const name: string = data?.userId ?? 'nobody';
    return `<!doctype html><link rel="icon" href="data:," /><title>${name}</title>`;
  }

  @Post('login')
  async login(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.start({ userId: 'ann' });
  }
}

const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** A page that posts a form to the application as soon as it is loaded. */
const formTo = (path: string, fields: object) => `
  <!doctype html><link rel="icon" href="data:," />
  <form method="post" action="https://app.example${path}">
    ${Object.entries(fields)
      .map(([name, value]) => `<input name="${name}" value="${value}" />`)
      .join('')}
  </form>
  <script>document.forms[0].submit()</script>`;

describe('https://app.example with a provider at https://idp.example', () => {
  let compiled: CompiledSnippets;
  let app: TestApp;
  let others: Server;
  let browser: Browser;
  let fronts: TlsFront[];
  let device: BrowserContext;
  /** The requests that the application got, in order. */
  let received: { target: string; headers: IncomingHttpHeaders }[] = [];
  /** How the provider sends users back, and as whom. */
  let provider: { method: 'GET' | 'POST'; user: string };
  /** The last response of the provider, which it keeps to itself while it is held. */
  let sent: Response;
  let isHeld = false;
  /** The page of every host but the provider's login. */
  let page = '';

  beforeAll(async () => {
    const snippets = readSnippets().filter(({ name }) => NAMES.includes(name));
    compiled = compileSnippets(snippets);
    const loaded: Record<string, Type> = Object.assign(
      {},
      ...(await Promise.all(snippets.map((snippet) => import(compiled.fileOf(snippet))))),
    );
    app = await startApp(ADAPTERS[0]!, {
      controllers: [
        HomeController,
        loaded['SignInController']!,
        loaded['PostedSignInController']!,
        loaded['PaymentController']!,
      ],
      providers: [
        loaded['SignInService']!,
        loaded['PostedResponses']!,
        { provide: loaded['Provider']!, useClass: StubProvider },
        {
          provide: loaded['Orders']!,
          useValue: { find: async () => ({ userId: 'ann', isPaid: true }) },
        },
      ],
      configure: (nest) =>
        void nest.use(({ method, url, headers }: IncomingMessage, _: unknown, next: () => void) => {
          received.push({ target: `${method} ${url}`, headers });
          next();
        }),
    });
    others = createServer(({ headers, url }, response) => {
      response.setHeader('content-type', 'text/html');
      const { pathname, searchParams } = new URL(url!, 'https://idp.example');
      if (headers.host !== 'idp.example' || pathname !== '/login') {
        response.end(page);
        return;
      }
      const state = searchParams.get('state')!;
      sent = { state, code: `${provider.user}:${searchParams.get('nonce')}` };
      if (isHeld) {
        response.end('<!doctype html><link rel="icon" href="data:," />');
      } else if (provider.method === 'POST') {
        response.end(formTo('/sign-in/callback', sent));
      } else {
        const query = new URLSearchParams({ ...sent }).toString();
        const target = `https://app.example/sign-in/callback?${query}`;
        response.end(`<!doctype html><script>location.href = ${JSON.stringify(target)}</script>`);
      }
    });
    const certificate = certificateFor('example');
    fronts = [
      await startTlsFront(certificate, app.port),
      await startTlsFront(certificate, await listen(others)),
    ];
    const [ours, theirs] = fronts.map(({ port }) => port);
    const rules = [
      `MAP app.example:443 127.0.0.1:${ours}`,
      ...['idp', 'evil', 'pay'].map((name) => `MAP ${name}.example:443 127.0.0.1:${theirs}`),
    ];
    browser = await launchChromium({ args: [`--host-resolver-rules=${rules.join(',')}`] });
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(fronts.map((front) => front.close()));
    await app.close();
    await new Promise((resolve) => others.close(resolve));
    compiled.remove();
  });
  beforeEach(async () => {
    device = await browser.newContext({ ignoreHTTPSErrors: true });
    [received, isHeld, page] = [[], false, ''];
  });
  afterEach(() => device.close());

  const open = async (url: string, on = device): Promise<Page> => {
    const tab = await on.newPage();
    await tab.goto(url);
    return tab;
  };
  const userOf = async (on = device) => (await open('https://app.example/', on)).title();
  const headersOf = (start: string) =>
    received.find(({ target }) => target.startsWith(start))?.headers;

  /** Begins a sign-in in another browser, and returns what the provider would send back. */
  const beginElsewhere = async (user: string): Promise<Response> => {
    const elsewhere = await browser.newContext({ ignoreHTTPSErrors: true });
    provider = { method: 'POST', user };
    isHeld = true;
    await open('https://app.example/sign-in', elsewhere);
    isHeld = false;
    await elsewhere.close();
    return sent;
  };

  it('the code flow signs a user in by the GET from the provider', async () => {
    provider = { method: 'GET', user: 'ann' };
    const tab = await open('https://app.example/sign-in');
    await tab.waitForURL('https://app.example/');
    expect(await tab.title()).toBe('ann');
    expect(headersOf('GET /sign-in/callback')?.['sec-fetch-site']).toBe('cross-site');
    expect(headersOf('GET /sign-in/callback')?.cookie).toMatch(/^__Host-sign-in=/);
    expect((await device.cookies()).map(({ name }) => name)).toEqual(['__Host-id']);
  });

  it('a form of the provider signs a user in, although its POST carries no cookie', async () => {
    provider = { method: 'POST', user: 'ann' };
    const tab = await open('https://app.example/sign-in');
    await tab.waitForURL('https://app.example/');
    expect(await tab.title()).toBe('ann');
    const post = headersOf('POST /sign-in/callback')!;
    expect([post.cookie, post.origin, post['sec-fetch-site'], post['sec-fetch-mode']]).toEqual([
      undefined,
      'https://idp.example',
      'cross-site',
      'navigate',
    ]);
    expect(headersOf('GET /sign-in/result')?.cookie).toMatch(/^__Host-sign-in=/);
    expect(headersOf('GET /sign-in/result')?.referer).toBeUndefined();
    expect(received.at(-1)).toMatchObject({ target: 'GET /' });
    expect(received.at(-1)!.headers.referer).toBeUndefined();
  });

  it('a page of an attacker signs nobody in with the response for the attacker', async () => {
    page = formTo('/sign-in/callback', await beginElsewhere('eve'));
    provider = { method: 'GET', user: 'ann' };
    await (await open('https://app.example/sign-in')).waitForURL('https://app.example/');
    const attack = await open('https://evil.example/');
    await attack.getByText('SESSION_CROSS_ORIGIN').waitFor();
    expect(await userOf()).toBe('ann');
  });

  it("a response for the attacker signs nobody in, although the provider's page posts it", async () => {
    page = formTo('/sign-in/callback', await beginElsewhere('eve'));
    const attack = await open('https://idp.example/page');
    await attack.getByText('This browser did not begin the sign-in').waitFor();
    expect(await userOf()).toBe('nobody');
    const own = await open('https://idp.example/page');
    await own.waitForURL(/\/sign-in\/result/);
    expect(await own.reload().then((response) => response!.status())).toBe(401);
  });

  it("a script on the provider's page gets a 403", async () => {
    page = '<!doctype html><link rel="icon" href="data:," />';
    const tab = await open('https://idp.example/page');
    const answered = tab.waitForResponse('https://app.example/sign-in/callback');
    await tab.evaluate(`void fetch('https://app.example/sign-in/callback', {
      method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({ state: 'x' }),
    })`);
    expect((await answered).status()).toBe(403);
  });

  it('a page that hides its origin gets a 403', async () => {
    provider = { method: 'POST', user: 'ann' };
    const hidden = '<meta name="referrer" content="no-referrer" />';
    page = hidden + formTo('/sign-in/callback', await beginElsewhere('eve'));
    const tab = await open('https://idp.example/page');
    await tab.getByText('SESSION_CROSS_ORIGIN').waitFor();
    expect(headersOf('POST /sign-in/callback')?.origin).toBe('null');
  });

  it('a user comes back from a payment with the same session', async () => {
    const shop = await open('https://app.example/');
    await shop.evaluate(`fetch('/login', { method: 'POST' })`);
    const cookies = await device.cookies();
    page = formTo('/orders/return', { order: '7' });
    const tab = await open('https://pay.example/');
    await tab.waitForURL('https://app.example/orders/7');
    await tab.getByText('"isPaid":true').waitFor();
    expect(headersOf('POST /orders/return')?.cookie).toBeUndefined();
    expect(await device.cookies()).toEqual(cookies);
    expect(await userOf()).toBe('ann');
  });
});
