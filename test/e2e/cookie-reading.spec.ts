import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Req } from '@nestjs/common';
import { getCurrentSession } from 'nestjs-server-sessions';
import {
  describeCookiePlugins,
  startApp,
  type TestApp,
} from '../support/applications/applications.js';
import { cookieOf, cookiesOf, expectRefusal, secretOf } from '../support/http/responses.js';
import { rawRequest, statusOf } from '../support/http/raw-request.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

const HOUR = 60 * 60 * 1000;

/** Separates the Cookie headers, as servers other than Node's may do. */
@Controller()
class OneByOneController {
  @Get('one-by-one')
  async name(@Req() request: { headers: Record<string, any> }) {
    request.headers['cookie'] = request.headers['cookie'].split('; ');
    const { data } = await getCurrentSession<ShopSession>(request);
    return { name: data?.userId };
  }
}

describeCookiePlugins((adapter) => {
  let shop: TestApp<ShopSession>;

  beforeAll(async () => {
    shop = await startApp(adapter, {
      controllers: [ShopController, OneByOneController],
      options: { expireTime: HOUR },
    });
  });
  afterAll(() => shop.close());

  const live = async () =>
    cookieOf(await shop.manager.createSession({ userId: 'ada', basket: [] }));
  const dead = async () => {
    const cookie = await live();
    await shop.manager.removeSession(cookie.slice('__Host-id='.length));
    return cookie;
  };
  const me = (...cookies: string[]) => shop.http().get('/me').set('Cookie', cookies.join('; '));

  describe('of several cookies with the name of the session cookie', () => {
    it('the only live one of several cookies counts, whatever its position', async () => {
      const [ours, ...others] = [await live(), await dead(), await dead()];
      for (const order of [
        [ours, ...others],
        [...others, ours],
        [others[0]!, ours, others[1]!],
        [cookieOf('nonsense'), ours],
        [ours, cookieOf('')],
      ]) {
        await me(...order).expect(200, { name: 'ada' });
      }
    });

    it('a request with two live cookies is refused, because its owner is ambiguous', async () => {
      const [one, other] = [await live(), await live()];
      for (const order of [
        [one, other],
        [other, one],
      ]) {
        const answer = await me(...order);
        expect(answer.status).toBe(401);
        expect(cookiesOf(answer)).toEqual([]);
      }
    });

    it('a request with two live cookies has no session if the session is optional', async () => {
      const both = `${await live()}; ${await live()}`;
      await shop.http().get('/visitor').set('Cookie', both).expect(200, { name: 'a stranger' });
    });

    it('a logout and a login end the sessions of both live cookies', async () => {
      const tokens = [await live(), await live()].map((each) => each.slice('__Host-id='.length));
      const more = [await live(), await live()].map((each) => each.slice('__Host-id='.length));
      await shop.http().post('/logout').set('Cookie', tokens.map(cookieOf).join('; ')).expect(200);
      await shop
        .http()
        .post('/login')
        .set('Cookie', more.map(cookieOf).join('; '))
        .send({ name: 'ada' })
        .expect(200);
      for (const token of [...tokens, ...more]) {
        await expect(shop.manager.retrieveSession(token)).rejects.toThrow('no session');
      }
    });

    it('the same cookie value twice counts once, and is looked up once', async () => {
      const ours = await live();
      const statements = await shop.statementsOf(() => me(ours, ours, ours).expect(200));
      expect(statements).toHaveLength(1);
    });

    it('an expired cookie among invalid ones is reported as expired', async () => {
      const expired = await live();
      shop.clock.advance(HOUR);
      expectRefusal(await me(await dead(), expired), 'SESSION_EXPIRED');
    });

    it('at most four cookies of a request are looked up', async () => {
      const cookies = await Promise.all(Array.from({ length: 50 }, dead));
      const statements = await shop.statementsOf(() => me(...cookies).expect(401));
      expect(statements).toHaveLength(4);
    });

    it('all Cookie headers of a request count', async () => {
      const [ours, other] = [await live(), await dead()];
      const headers = [`Cookie: ${other}`, 'Cookie: theme=dark', `Cookie: ${ours}`];
      expect(statusOf(await rawRequest(shop.port, 'GET /me', headers))).toBe(200);
    });

    it('Cookie headers that a server keeps separate all count', async () => {
      for (const order of [
        ['theme=dark', await live()],
        [await live(), 'theme=dark'],
      ]) {
        const request = shop.http().get('/one-by-one').set('Cookie', order.join('; '));
        await request.expect(200, { name: 'ada' });
      }
    });
  });

  describe('is found', () => {
    it('the session cookie is found among 200 others', async () => {
      const others = Array.from({ length: 200 }, (_, index) => `other${index}=${index}`);
      const ours = await live();
      await me(...others, ours).expect(200);
      await me(ours, ...others).expect(200);
    });

    it.each([
      ['without a space after the semicolon', (ours: string) => `theme=dark;${ours};lang=en`],
      ['with spaces and tabs around it', (ours: string) => `theme=dark; \t ${ours} ; lang=en`],
      ['between empty cookies', (ours: string) => `;; ;${ours};;`],
      ['beside cookies without a name or value', (ours: string) => `=x; flag; ${ours}; y=`],
      ['beside one that looks like ours', (ours: string) => `a="${cookieOf('x')}"; ${ours}`],
    ])('the session cookie is found %s', async (_, header) => {
      await me(header(await live())).expect(200);
    });
  });

  describe('is not read as the session cookie', () => {
    it.each<[string, (cookie: string) => string]>([
      ['a cookie of our name in lower case', (ours) => ours.replace('__Host-', '__host-')],
      ['a cookie of our name in upper case', (ours) => ours.replace('__Host-id', '__HOST-ID')],
      ['a cookie whose name ends like ours', (ours) => `x${ours}`],
      ['a cookie whose name begins like ours', (ours) => ours.replace('=', '2=')],
      ['a percent-encoded name', (ours) => ours.replace('__', '%5F%5F')],
      ['our cookie in the value of another', (ours) => `theme=${ours}`],
      ['a space between name and value', (ours) => ours.replace('=', ' =')],
    ])('no other cookie is mistaken for the session cookie: %s', async (_, change) => {
      expectRefusal(await me(change(await live())), 'SESSION_MISSING');
    });
  });

  describe('is not a token', () => {
    it.each<[string, (token: string) => string]>([
      ['a quoted one', (token) => `"${token}"`],
      ['a percent-encoded one', (token) => token.replace('.', '%2E')],
      ['one with a signature', (token) => `s:${token}.c2lnbmF0dXJl`],
      ['one in JSON', (token) => `j:"${token}"`],
      ['a JSON number', () => 'j:1'],
      ['a JSON object', () => 'j:{"id":1}'],
      ['JSON that matches every row', () => 'j:{"$ne":""}'],
      ['a JSON array', (token) => `j:["${token}"]`],
      ['an id with the secret of another', (token) => `${token.split('.')[0]}.${secretOf(token)}=`],
      ['SQL', () => "x' OR '1'='1"],
    ])('a malformed cookie value gets a 401 without a statement: %s', async (_, change) => {
      const token = (await live()).slice('__Host-id='.length);
      const statements = await shop.statementsOf(async () =>
        expectRefusal(await me(cookieOf(change(token))), 'SESSION_NOT_FOUND'),
      );
      expect(statements).toEqual([]);
    });
  });
});
