import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionsModule, type SessionsModuleOptions } from 'nestjs-server-sessions';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Sequelize } from 'sequelize';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { launchChromium } from './support/chromium.js';
import { certificateFor, startTlsFront, type TlsFront } from './support/tls-front.js';

const until = new Date('2100-01-01');

/** The deploys of docs/deploying.md by which the cookie gets a domain, and so another name. */
const DEPLOYS = {
  before: {},
  first: { previous: [{ name: '__Secure-id', domain: 'app.test', until }] },
  second: { domain: 'app.test', previous: [{ name: '__Host-id', until }] },
} satisfies Record<string, SessionsModuleOptions['cookie']>;

type Deploy = keyof typeof DEPLOYS;

interface Replica {
  readonly app: TestApp<ShopSession>;
  readonly front: TlsFront;
}

describe('https://shop.app.test while its cookie gets a domain', () => {
  let browser: Browser;
  let database: Sequelize;
  let device: BrowserContext;
  const replicas = new Map<string, Replica>();

  beforeAll(async () => {
    browser = await launchChromium({ args: ['--host-resolver-rules=MAP *.app.test 127.0.0.1'] });
    database = new Sequelize({ dialect: 'sqlite', storage: ':memory:', logging: false });
    const certificate = certificateFor('app.test');
    for (const [deploy, cookie] of Object.entries(DEPLOYS)) {
      const app = await startApp<ShopSession>(ADAPTERS[0]!, {
        controllers: [ShopController],
        sessions: SessionsModule.forRoot({ connection: database, cookie }),
      });
      replicas.set(deploy, { app, front: await startTlsFront(certificate, app.port) });
    }
  });
  afterAll(async () => {
    await browser.close();
    for (const { app, front } of replicas.values()) {
      await front.close();
      await app.close();
    }
    await database.close();
  });
  beforeEach(async () => {
    device = await browser.newContext({ ignoreHTTPSErrors: true });
  });
  afterEach(() => device.close());

  /** Opens the shop on a replica. Ports do not separate cookies, so all replicas get the same ones. */
  const visit = async (deploy: Deploy): Promise<Page> => {
    const page = await device.newPage();
    await page.goto(`https://shop.app.test:${replicas.get(deploy)!.front.port}/open`);
    return page;
  };
  const post = async (deploy: Deploy, path: string, body = {}) => {
    const page = await visit(deploy);
    const status = await page.evaluate(`fetch('${path}', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '${JSON.stringify(body)}',
    }).then((response) => response.status)`);
    await page.close();
    return status;
  };
  const logIn = (deploy: Deploy, name: string) => post(deploy, '/login', { name });
  /** Returns the user whom a replica sees, or the code of its refusal. */
  const userAt = async (deploy: Deploy) => {
    const page = await visit(deploy);
    const { name, code } = (await page.evaluate(
      `fetch('/me').then((response) => response.json())`,
    )) as { name?: string; code?: string };
    await page.close();
    return name ?? code;
  };
  const cookieNames = async () => (await device.cookies()).map(({ name }) => name).toSorted();
  const liveSessions = () => replicas.get('first')!.app.manager.countSessions('ann');

  it('users stay logged in on old and new replicas, and the browser has one cookie after each login', async () => {
    await logIn('before', 'ann');
    expect(await userAt('first')).toBe('ann');
    expect(await userAt('second')).toBe('ann');
    expect(await post('second', '/basket', { product: 'tea' })).toBe(201);
    expect(await cookieNames()).toEqual(['__Host-id']);

    await logIn('second', 'bob');
    expect(await cookieNames()).toEqual(['__Secure-id']);
    expect([await userAt('first'), await userAt('second')]).toEqual(['bob', 'bob']);

    await logIn('first', 'cy');
    expect(await cookieNames()).toEqual(['__Host-id']);
    expect([await userAt('first'), await userAt('second')]).toEqual(['cy', 'cy']);
  });

  it('a rollback to the first deploy keeps the users who logged in after the second', async () => {
    await logIn('first', 'ann');
    await logIn('second', 'bob');
    expect(await userAt('first')).toBe('bob');
    expect(await post('first', '/logout')).toBe(200);
    expect(await cookieNames()).toEqual([]);
    expect([await userAt('first'), await userAt('second')]).toEqual([
      'SESSION_MISSING',
      'SESSION_MISSING',
    ]);
  });

  it.each<[string, (deploy: Deploy) => Promise<unknown>]>([
    ['the login of another user', (deploy) => logIn(deploy, 'bob')],
    ['a logout', (deploy) => post(deploy, '/logout')],
  ])('after %s and a rollback, the old cookie opens no session', async (_, act) => {
    for (const deploy of ['first', 'before'] as const) {
      await logIn('before', 'ann');
      const before = await liveSessions();
      await act('second');
      expect(await userAt(deploy)).not.toBe('ann');
      expect(await cookieNames()).not.toContain('__Host-id');
      expect(await liveSessions()).toBe(before - 1);
    }
  });

  it('without the first deploy, an old and a new replica see different users in one browser', async () => {
    await logIn('second', 'bob');
    expect(await userAt('before')).toBe('SESSION_MISSING');
    await logIn('before', 'ann');
    expect([await userAt('before'), await userAt('second')]).toEqual(['ann', 'bob']);
  });
});
