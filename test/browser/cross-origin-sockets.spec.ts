import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, type TestApp } from '../support/applications/applications.js';
import { eventually } from '../support/promises/eventually.js';
import { AccountGateway, type AccountSession } from '../support/sockets/account.gateway.js';
import { startSockets } from '../support/sockets/socket-app.js';
import { SOCKET_KINDS, type SocketKind } from '../support/sockets/socket-kinds.js';
import { launchChromium } from './support/chromium.js';

/** How a connection of a page ended. */
interface Ended {
  /** Whether the page ever had a connection. */
  readonly wasOpen: boolean;
  /** The close code of `ws`, or the reason of Socket.IO. */
  readonly by?: number | string;
  /** The close reason of `ws`, or what Socket.IO has told the page. */
  readonly code?: string;
}

const overWs = (host: string) => `new Promise((resolve) => {
  let wasOpen = false;
  const socket = new WebSocket('ws://${host}');
  socket.onopen = () => (wasOpen = true);
  socket.onclose = ({ code: by, reason: code }) => resolve({ wasOpen, by, code });
})`;

const overSocketIo = (transport: string) => (host: string) => `new Promise((resolve) => {
  let wasOpen = false;
  let code;
  const socket = io('http://${host}', {
    transports: ['${transport}'],
    withCredentials: true,
    reconnection: false,
  });
  socket.on('connect', () => (wasOpen = true));
  socket.on('session-ended', (end) => ({ code } = end));
  socket.on('disconnect', (by) => resolve({ wasOpen, by, code }));
  socket.on('connect_error', ({ message }) => resolve({ wasOpen, code: message }));
})`;

/** The ways in which a page connects, and what it reads if it has no session. */
const WAYS: readonly (readonly [
  name: string,
  kind: SocketKind,
  connect: (host: string) => string,
  by: number | string,
  refused: Ended,
])[] = [
  ['ws', SOCKET_KINDS[0]!, overWs, 4401, { wasOpen: true, by: 4401, code: 'SESSION_MISSING' }],
  ...['polling', 'websocket'].map(
    (transport) =>
      [
        `Socket.IO by ${transport}`,
        SOCKET_KINDS[1]!,
        overSocketIo(transport),
        'io server disconnect',
        { wasOpen: false, code: 'SESSION_MISSING' },
      ] as const,
  ),
];

const SOCKET_IO_CLIENT = 'node_modules/socket.io-client/dist/socket.io.min.js';

describe.each(WAYS)('a page that connects by %s', (...way) => {
  const [, kind, connect, by, refused] = way;
  let browser: Browser;
  let strangers: Server;
  let app: TestApp<AccountSession>;
  let host: string;
  let device: BrowserContext;
  /** The cookies of all handshakes. */
  let cookies: (string | undefined)[];

  beforeAll(async () => {
    browser = await launchChromium();
    strangers = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><link rel="icon" href="data:," /><title>A stranger</title>');
    });
    await new Promise<void>((resolve) => strangers.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => strangers.close(resolve));
  });
  beforeEach(async () => {
    app = await startSockets(ADAPTERS[0]!, kind);
    host = `localhost:${app.port}`;
    device = await browser.newContext();
    cookies = [];
    const note = ({ headers, url }: IncomingMessage) => {
      if (kind.name === 'ws' || url?.startsWith('/socket.io/')) {
        cookies.push(headers.cookie);
      }
    };
    const server = app.app.getHttpServer() as Server;
    server.prependListener('upgrade', note).prependListener('request', note);
  });
  afterEach(async () => {
    await device.close();
    await app.close();
  });

  const open = async (url: string): Promise<Page> => {
    const page = await device.newPage();
    await page.goto(url);
    await page.addScriptTag({ path: SOCKET_IO_CLIENT });
    return page;
  };
  const openOwn = () => open(`http://${host}/none`);
  const connected = (page: Page) => page.evaluate<Ended>(connect(host));
  const post = (page: Page, path: string) =>
    page.evaluate(`fetch('${path}', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"userId":"ada","name":"Ada"}',
    }).then(({ status }) => status)`);

  it.each([
    ['127.0.0.1', 'another site', false],
    ['localhost', 'another port', true],
  ])('gets no connection from %s, %s', async (stranger, _, sendsCookie) => {
    const own = await openOwn();
    expect(await post(own, '/login')).toBe(201);
    const { port } = strangers.address() as AddressInfo;
    const page = await open(`http://${stranger}:${port}/`);
    cookies = [];
    expect((await connected(page)).wasOpen).toBe(false);
    expect(new Set(cookies.map((cookie = '') => cookie.includes('__Host-id=')))).toEqual(
      new Set([sendsCookie]),
    );
    expect(app.app.get(AccountGateway).seen).toEqual([]);
  });

  it('reads why it is refused, on the site of the application', async () => {
    expect(await connected(await openOwn())).toEqual(refused);
  });

  it('reads why its session ended, on the site of the application', async () => {
    const page = await openOwn();
    await post(page, '/login');
    const ended = connected(page);
    await eventually(async () =>
      expect(app.app.get(AccountGateway).seen).toEqual(['connected ada']),
    );
    await post(page, '/logout');
    expect(await ended).toEqual({ wasOpen: true, by, code: 'SESSION_LOGOUT' });
  });
});
