import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CurrentSession } from 'nestjs-server-sessions';
import { actingController } from '../support/acting-controller.js';
import { cookieOf, cookiesOf, expectRefusal } from '../support/answers.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications.js';
import { listenToStatements } from '../support/statement-tap.js';
import { ShopController, type ShopSession } from '../support/shop.controller.js';

const DAY = 24 * 60 * 60 * 1000;

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;
  let token: string;
  const { controller, does } = actingController<ShopSession>();

  beforeEach(async () => {
    shop = await startApp(adapter, { controllers: [ShopController, controller] });
    token = (await shop.http().post('/login').send({ name: 'ada' })).body.token;
  });
  afterEach(() => shop.close());

  const cookie = () => ({ Cookie: cookieOf(token) });
  const rows = async () => (await shop.connection.query('SELECT id FROM server_sessions'))[0];

  describe('a session that has expired', () => {
    beforeEach(() => shop.clock.advance(DAY));

    it('is gone for good after a logout', async () => {
      const answer = await shop.http().post('/logout').set(cookie()).expect(200);
      expect(cookiesOf(answer)).toHaveLength(1);
      await expect(shop.manager.renewSession(token, { allowExpired: true })).rejects.toThrow(
        'no session',
      );
    });

    it('is replaced by a login', async () => {
      await shop.http().post('/login').set(cookie()).send({ name: 'ada' }).expect(200);
      expect(await rows()).toHaveLength(1);
    });
  });

  it('that came along with a live one is ended by the logout too, after an update', async () => {
    const expired = await shop.manager.createSession(undefined, { expireTime: 1 });
    shop.clock.advance(1);
    does(async (session) => {
      await session.update({ userId: 'ada', basket: ['tea'] });
      await session.end();
    });
    const cookies = `${cookieOf(token)}; ${cookieOf(expired)}`;
    await shop.http().post('/act').set('Cookie', cookies).expect(200);
    expect(await rows()).toEqual([]);
  });

  describe('an update whose answer comes late', () => {
    /** Holds back the database's answer to the next UPDATE until the handler has done something else. */
    const updateAnd = async (meanwhile: (session: CurrentSession<ShopSession>) => unknown) => {
      const [arrived, answered] = [gate(), gate()];
      listenToStatements(shop.connection, async (text) => {
        if (text.startsWith('UPDATE')) {
          arrived.open();
          await answered.opened;
        }
      });
      does(async (session) => {
        const updated = session.update({ userId: 'ada', basket: ['tea'] });
        await arrived.opened;
        await meanwhile(session);
        answered.open();
        await updated;
        return { exists: session.exists, basket: session.data?.basket };
      });
      return (await shop.http().post('/act').set(cookie()).expect(200)).body;
    };

    it('does not bring the session back into a request that has ended it', async () => {
      expect(await updateAnd((session) => session.end())).toEqual({ exists: false });
    });

    it('does not take the place of a session that the request has started', async () => {
      const login = { userId: 'bob', basket: ['milk'] };
      expect(await updateAnd((session) => session.start(login))).toEqual({
        exists: true,
        basket: ['milk'],
      });
    });
  });

  describe('a session that can not be read', () => {
    beforeEach(() => shop.connection.query(`UPDATE server_sessions SET data = '{damaged'`));

    it('is a 500 of its own where it is needed', async () => {
      expectRefusal(await shop.http().get('/me').set(cookie()), 'SESSION_DATA');
      expectRefusal(await shop.http().get('/visitor').set(cookie()), 'SESSION_DATA');
      const basket = shop.http().post('/basket').set(cookie()).send({ product: 'tea' });
      expectRefusal(await basket, 'SESSION_DATA');
      expect(shop.logger.lines('error').join()).toContain('can not be read');
    });

    it('keeps nobody from logging out', async () => {
      const answer = await shop.http().post('/logout').set(cookie()).expect(200);
      expect(cookiesOf(answer)).toHaveLength(1);
      expect(await rows()).toEqual([]);
    });

    it('keeps nobody from logging in', async () => {
      const answer = await shop.http().post('/login').set(cookie()).send({ name: 'ada' });
      token = answer.body.token;
      await shop.http().get('/me').set(cookie()).expect(200);
      expect(await rows()).toHaveLength(1);
    });
  });
});

/** A promise that is fulfilled when it is told to. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
