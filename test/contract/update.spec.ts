import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionDataError, SessionsConfigurationError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

interface Shop {
  userId?: string;
  basket: string[];
}

describeDatabases((database) => {
  let sessions: TestSessions<Shop>;
  let token: string;

  beforeAll(async () => {
    sessions = await openSessions<Shop>(database);
  });
  afterAll(() => sessions.close());

  const start = async () => {
    token = await sessions.manager.createSession({ userId: 'ada', basket: ['tea'] });
  };
  const stored = () => sessions.manager.retrieveSession(token);
  const version = async () => (await sessions.manager.inspectSession(token)).version;

  describe('an update with data', () => {
    beforeAll(start);

    it('replaces all data and returns the new', async () => {
      const returned = await sessions.manager.updateSession(token, { basket: ['milk'] });
      expect(returned).toEqual({ basket: ['milk'] });
      await expect(stored()).resolves.toEqual({ basket: ['milk'] });
    });

    it('adds one to the version', async () => {
      const before = await version();
      await sessions.manager.updateSession(token, { basket: ['milk'] });
      await expect(version()).resolves.toBe(before + 1);
    });

    it('leaves other sessions alone', async () => {
      const other = await sessions.manager.createSession({ basket: ['mine'] });
      await sessions.manager.updateSession(token, { basket: ['not mine'] });
      await expect(sessions.manager.retrieveSession(other)).resolves.toEqual({ basket: ['mine'] });
    });

    it('keeps id, client and creation', async () => {
      const own = await sessions.manager.createSession({ basket: [] }, { client: { ip: '::1' } });
      const { id, createdAt, client } = await sessions.manager.inspectSession(own);
      sessions.clock.advance(1);
      await sessions.manager.updateSession(own, { basket: ['milk'] });
      await expect(sessions.manager.inspectSession(own)).resolves.toMatchObject({
        id,
        createdAt,
        client,
      });
    });
  });

  describe('an update by change', () => {
    beforeAll(start);

    it('stores what the change made of its draft', async () => {
      const returned = await sessions.manager.updateSession(token, (data) => {
        data.basket.push('milk');
      });
      expect(returned).toEqual({ userId: 'ada', basket: ['tea', 'milk'] });
      await expect(stored()).resolves.toEqual(returned);
    });

    it('stores what the change returned', async () => {
      const returned = await sessions.manager.updateSession(token, ({ userId }) => ({
        ...(userId !== undefined && { userId }),
        basket: ['bread'],
      }));
      expect(returned).toEqual({ userId: 'ada', basket: ['bread'] });
      await expect(stored()).resolves.toEqual(returned);
    });

    it('stores a draft that was altered and returned', async () => {
      await sessions.manager.updateSession(token, (data) => {
        data.basket = ['jam'];
        return data;
      });
      await expect(stored()).resolves.toMatchObject({ basket: ['jam'] });
    });

    it('waits for a change that is asynchronous', async () => {
      await sessions.manager.updateSession(token, async (data) => {
        await Promise.resolve();
        data.basket.push('mint');
      });
      await sessions.manager.updateSession(token, async ({ basket }) => {
        await Promise.resolve();
        return { basket: [...basket, 'salt'] };
      });
      await expect(stored()).resolves.toEqual({ basket: ['jam', 'mint', 'salt'] });
    });

    it('stores a primitive, null too, that the change returned', async () => {
      const manager = await sessions.another();
      const count = await manager.createSession(0 as never);
      for (const data of [1, false, '', null]) {
        const returned = await manager.updateSession(count, (() => data) as never);
        expect(returned).toBe(data);
        await expect(manager.retrieveSession(count)).resolves.toBe(data);
      }
    });

    it('refuses a change that altered its draft and returned something else', async () => {
      const before = await stored();
      const update = sessions.manager.updateSession(
        token,
        (data) => data.basket.push('milk') as never,
      );
      await expect(update).rejects.toThrow(SessionsConfigurationError);
      await expect(stored()).resolves.toEqual(before);
    });

    it('leaves the session as it was where the change throws, and throws the same', async () => {
      const before = [await stored(), await version()];
      const failure = new Error('out of stock');
      const throwing = sessions.manager.updateSession(token, (data) => {
        data.basket.push('milk');
        throw failure;
      });
      await expect(throwing).rejects.toBe(failure);
      const rejecting = sessions.manager.updateSession(token, async () => {
        throw failure;
      });
      await expect(rejecting).rejects.toBe(failure);
      expect([await stored(), await version()]).toEqual(before);
    });

    it('goes on after a change that threw', async () => {
      const change = sessions.manager.updateSession(token, () => {
        throw new Error('out of stock');
      });
      const next = sessions.manager.updateSession(token, () => ({ basket: ['next'] }));
      await expect(change).rejects.toThrow('out of stock');
      await expect(next).resolves.toEqual({ basket: ['next'] });
    });

    it('leaves the session as it was where the result is no data', async () => {
      const before = await stored();
      for (const result of [NaN, 1n, { basket: [], f: () => 1 }]) {
        const update = sessions.manager.updateSession(token, (() => result) as never);
        await expect(update).rejects.toThrow(SessionDataError);
      }
      await expect(stored()).resolves.toEqual(before);
    });

    it('does not call the change for a session that is not found', async () => {
      const gone = await sessions.manager.createSession({ basket: [] });
      await sessions.manager.removeSession(gone);
      let called = false;
      const update = sessions.manager.updateSession(gone, () => {
        called = true;
      });
      await expect(update).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_FOUND' });
      expect(called).toBe(false);
    });
  });

  describe('options of an update', () => {
    beforeEach(start);

    it.each([
      ['a misspelt name', { sameuser: true }],
      ['a sameUser that is a string', { sameUser: 'true' }],
      ['null', null],
    ])('are refused with nothing written: %s', async (_name, options) => {
      await expect(
        sessions.manager.updateSession(token, { basket: [] }, options as object),
      ).rejects.toThrow(SessionsConfigurationError);
      await expect(stored()).resolves.toEqual({ userId: 'ada', basket: ['tea'] });
    });
  });
});
