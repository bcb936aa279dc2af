import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import {
  bearerOf,
  cookieOf,
  cookiesOf,
  expectRefusal,
  secretOf,
} from '../support/http/responses.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

const HOUR = 60 * 60 * 1000;

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;

  beforeAll(async () => {
    shop = await startApp(adapter, {
      controllers: [ShopController],
      options: { expireTime: HOUR },
    });
  });
  afterAll(() => shop.close());

  const createSession = () => shop.manager.createSession({ userId: 'ada', basket: [] });

  const expiredToken = async () => {
    const token = await createSession();
    shop.clock.advance(HOUR);
    return token;
  };

  const removedToken = async () => {
    const token = await createSession();
    await shop.manager.removeSession(token);
    return token;
  };

  const tokenWithStrangeSecret = async () => {
    const [own, other] = [await createSession(), await createSession()];
    return `${own.split('.')[0]}.${secretOf(other)}`;
  };

  const expiredTokenWithStrangeSecret = async () => {
    const token = await tokenWithStrangeSecret();
    shop.clock.advance(HOUR);
    return token;
  };

  it('a request with a live session passes the guard', async () => {
    const token = await createSession();
    const answer = await shop.http().get('/me').set('Cookie', cookieOf(token));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ name: 'ada' });
    expect(cookiesOf(answer)).toEqual([]);
    await shop.http().get('/me').set('Authorization', bearerOf(token)).expect(200);
  });

  it('a request without a token is refused with SESSION_MISSING', async () => {
    const answer = await shop.http().get('/me');
    expectRefusal(answer, 'SESSION_MISSING');
    expect(answer.body).toMatchObject({ statusCode: 401, error: 'Unauthorized' });
  });

  it('the challenge names the scheme without a token, and also the error with one', async () => {
    const missing = await shop.http().get('/me');
    const invalid = await shop.http().get('/me').set('Authorization', bearerOf('nonsense'));
    expect(missing.headers['www-authenticate']).toBe('Bearer realm="sessions"');
    expect(invalid.headers['www-authenticate']).toBe(
      'Bearer realm="sessions", error="invalid_token"',
    );
  });

  it('a request with an expired session is refused with SESSION_EXPIRED', async () => {
    const token = await expiredToken();
    expectRefusal(await shop.http().get('/me').set('Cookie', cookieOf(token)), 'SESSION_EXPIRED');
    expectRefusal(
      await shop.http().get('/me').set('Authorization', bearerOf(token)),
      'SESSION_EXPIRED',
    );
  });

  it('a request with an ended session is refused with SESSION_ENDED', async () => {
    const cookie = cookieOf(await removedToken());
    expectRefusal(await shop.http().get('/me').set('Cookie', cookie), 'SESSION_ENDED');
  });

  describe.each([
    ['the id of one session and the secret of another', tokenWithStrangeSecret],
    ['the id of an expired session and a wrong secret', expiredTokenWithStrangeSecret],
    ['an id alone', async () => (await createSession()).split('.')[0]!],
    ['a secret alone', async () => secretOf(await createSession())],
    ['a token in upper case', async () => (await createSession()).toUpperCase()],
    ['a token with one character more', async () => `${await createSession()}A`],
    ['a token in a list', async () => `${await createSession()},${await createSession()}`],
    ['nonsense', async () => 'nonsense'],
  ])('of %s', (_, tokenOf) => {
    it('no invalid token opens a session, in a cookie or as a bearer', async () => {
      const token = await tokenOf();
      const byCookie = await shop.http().get('/me').set('Cookie', cookieOf(token));
      expectRefusal(byCookie, 'SESSION_NOT_FOUND');
      const byBearer = await shop.http().get('/me').set('Authorization', bearerOf(token));
      expectRefusal(byBearer, 'SESSION_NOT_FOUND');
    });
  });

  it('a malformed token causes no statement', async () => {
    const statements = await shop.statementsOf(async () => {
      await shop.http().get('/me').set('Cookie', cookieOf('nonsense')).expect(401);
      await shop
        .http()
        .get('/me')
        .set('Authorization', bearerOf('x'.repeat(4000)))
        .expect(401);
    });
    expect(statements).toEqual([]);
  });

  it('a refused request does not reach the handler', async () => {
    await shop.http().post('/basket').send({ product: 'tea' }).expect(401);
    const token = await createSession();
    await shop.http().get('/basket').set('Cookie', cookieOf(token)).expect(200, []);
  });

  it('refusals and tokens are not logged', async () => {
    shop.logger.clear();
    await shop
      .http()
      .get('/me')
      .set('Cookie', cookieOf(await removedToken()))
      .expect(401);
    expect(shop.logger.lines()).toEqual([]);
  });
});
