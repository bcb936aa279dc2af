import type { OutgoingHttpHeaders } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post, Res } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CurrentSession } from 'nestjs-server-sessions';
import { DeviceBrowser } from '../support/http/device-browser.js';
import { cookieOf } from '../support/http/responses.js';
import { startApp, type TestApp } from '../support/applications/applications.js';
import { http2Request } from '../support/http/http2-request.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

/** The only framework of the two that serves HTTP/2: Express takes only requests of HTTP/1. */
const FASTIFY_HTTP2 = {
  name: 'Fastify over HTTP/2',
  framework: 'fastify',
  parsesCookies: false,
  create: () => new FastifyAdapter({ http2: true } as object),
  prepare: async () => {},
} as const;

@Controller()
class PairsController {
  @Post('pairs')
  async pairs(@CurrentSession() session: CurrentSession, @Res() reply: Reply): Promise<void> {
    await session.start({ userId: 'ann' });
    reply.hijack();
    reply.raw.writeHead(200, [
      ['cache-control', 'public'],
      ['x-kind', 'pairs'],
    ]);
    reply.raw.end();
  }
}

interface Reply {
  hijack(): void;
  readonly raw: { writeHead(status: number, headers: string[][]): void; end(): void };
}

describe('over HTTP/2', () => {
  let shop: TestApp<ShopSession>;

  beforeAll(async () => {
    shop = await startApp(FASTIFY_HTTP2, { controllers: [ShopController, PairsController] });
  });
  afterAll(() => shop.close());

  const login = (userId: string) => shop.manager.createSession({ userId, basket: [] });
  const statusOf = async (target: string, headers: OutgoingHttpHeaders) =>
    (await http2Request(shop.port, target, headers)).headers[':status'];
  const me = (...cookie: string[]) => statusOf('GET /me', { cookie });

  it('over HTTP/2 a browser binds its session', async () => {
    const bank = await startApp(FASTIFY_HTTP2, {
      controllers: [ShopController],
      options: { deviceBound: {} },
    });
    try {
      const browser = new DeviceBrowser(bank);
      const login = await http2Request(bank.port, 'POST /login', {}, { name: 'ada' });
      const offer = String(login.headers['secure-session-registration']);
      const [, challenge] = /;challenge="([^"]+)"/.exec(offer)!;
      const { headers } = await http2Request(bank.port, 'POST /session-device', {
        cookie: login.headers['set-cookie']![0]!.split(';')[0]!,
        'secure-session-response': browser.proof({ challenge, jwk: browser.jwk }),
      });
      expect(headers[':status']).toBe(200);
      expect(headers['set-cookie']).toEqual([expect.stringMatching(/^__Host-id\.d=/)]);
    } finally {
      await bank.close();
    }
  });

  it('over HTTP/2 a visitor logs in, is recognized and logs out', async () => {
    const { headers } = await http2Request(shop.port, 'POST /login', {}, { name: 'ada' });
    const cookie = headers['set-cookie']![0]!.split(';')[0]!;
    expect(await http2Request(shop.port, 'GET /me', { cookie })).toMatchObject({
      body: '{"name":"ada"}',
    });
    expect(await statusOf('POST /logout', { cookie })).toBe(200);
    expect(await me(cookie)).toBe(401);
  });

  it('over HTTP/2 the cookie is found among others in separate headers', async () => {
    const ours = cookieOf(await login('ada'));
    expect(await me('theme=dark', ours, 'lang=en')).toBe(200);
    expect(await me(ours, 'theme=dark')).toBe(200);
    expect(await me(`theme=dark;\t ${ours} ;lang=en`)).toBe(200);
  });

  it('over HTTP/2 a cookie with byte A0 before the name causes no fixation, no lock-out and no empty logout', async () => {
    const planted = (await Promise.all(Array.from({ length: 4 }, () => login('eve')))).map(
      (token) => `\u00a0${cookieOf(token)}`,
    );
    const ours = cookieOf(await login('ada'));
    expect(await me(planted[0]!)).toBe(401);
    expect(await me(...planted, ours)).toBe(200);
    expect(await me([...planted, ours].join('; '))).toBe(200);
    expect(await statusOf('POST /logout', { cookie: [...planted, ours] })).toBe(200);
    expect(await me(ours)).toBe(401);
    expect(await me(planted[0]!.slice(1))).toBe(200);
  });

  it('over HTTP/2 a response with a new token is no-store, whatever its handler sets', async () => {
    const { headers } = await http2Request(shop.port, 'POST /pairs');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-kind': 'pairs' });
  });

  it('over HTTP/2 a page of another host gets a 403 because of its Origin', async () => {
    const post = (origin: string, authority: string) =>
      statusOf('POST /logout', { origin, ':authority': authority });
    expect(await post('https://app.test', 'app.test')).toBe(200);
    expect(await post('https://app.test', 'APP.test:443')).toBe(200);
    expect(await post('https://evil.test', 'app.test')).toBe(403);
  });
});
