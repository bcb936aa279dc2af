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

    it('an update with data replaces all data and returns the new data', async () => {
      const returned = await sessions.manager.updateSession(token, { basket: ['milk'] });
      expect(returned).toEqual({ basket: ['milk'] });
      await expect(stored()).resolves.toEqual({ basket: ['milk'] });
    });

    it('an update with data increments the version', async () => {
      const before = await version();
      await sessions.manager.updateSession(token, { basket: ['milk'] });
      await expect(version()).resolves.toBe(before + 1);
    });

    it('an update with data keeps other sessions', async () => {
      const other = await sessions.manager.createSession({ basket: ['mine'] });
      await sessions.manager.updateSession(token, { basket: ['not mine'] });
      await expect(sessions.manager.retrieveSession(other)).resolves.toEqual({ basket: ['mine'] });
    });

    it('an update with data keeps id, client and creation time', async () => {
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

    it('an update by change stores the changed draft', async () => {
      const returned = await sessions.manager.updateSession(token, (data) => {
        data.basket.push('milk');
      });
      expect(returned).toEqual({ userId: 'ada', basket: ['tea', 'milk'] });
      await expect(stored()).resolves.toEqual(returned);
    });

    it('an update by change stores what the function returns', async () => {
      const returned = await sessions.manager.updateSession(token, ({ userId }) => ({
        ...(userId !== undefined && { userId }),
        basket: ['bread'],
      }));
      expect(returned).toEqual({ userId: 'ada', basket: ['bread'] });
      await expect(stored()).resolves.toEqual(returned);
    });

    it('an update by change stores a draft that is changed and returned', async () => {
      await sessions.manager.updateSession(token, (data) => {
        data.basket = ['jam'];
        return data;
      });
      await expect(stored()).resolves.toMatchObject({ basket: ['jam'] });
    });

    it('an update by change waits for an asynchronous function', async () => {
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

    it('an update by change stores a returned primitive, also null', async () => {
      const manager = await sessions.another();
      const count = await manager.createSession(0 as never);
      for (const data of [1, false, '', null]) {
        const returned = await manager.updateSession(count, (() => data) as never);
        expect(returned).toBe(data);
        await expect(manager.retrieveSession(count)).resolves.toBe(data);
      }
    });

    it('an update by change refuses a function that changes its draft and returns another value', async () => {
      const before = await stored();
      const update = sessions.manager.updateSession(
        token,
        (data) => data.basket.push('milk') as never,
      );
      await expect(update).rejects.toThrow(SessionsConfigurationError);
      await expect(stored()).resolves.toEqual(before);
    });

    it('the session stays unchanged if the function throws, and the error is passed on', async () => {
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

    it('a manager works as before after a function that threw', async () => {
      const change = sessions.manager.updateSession(token, () => {
        throw new Error('out of stock');
      });
      const next = sessions.manager.updateSession(token, () => ({ basket: ['next'] }));
      await expect(change).rejects.toThrow('out of stock');
      await expect(next).resolves.toEqual({ basket: ['next'] });
    });

    it('the session stays unchanged if the result is not valid data', async () => {
      const before = await stored();
      for (const result of [NaN, 1n, { basket: [], f: () => 1 }]) {
        const update = sessions.manager.updateSession(token, (() => result) as never);
        await expect(update).rejects.toThrow(SessionDataError);
      }
      await expect(stored()).resolves.toEqual(before);
    });

    it('the function is not called if the session does not exist', async () => {
      const gone = await sessions.manager.createSession({ basket: [] });
      await sessions.manager.removeSession(gone);
      let called = false;
      const update = sessions.manager.updateSession(gone, () => {
        called = true;
      });
      await expect(update).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' });
      expect(called).toBe(false);
    });
  });

  describe('options of an update', () => {
    beforeEach(start);

    it.each([
      ['a misspelt name', { sameuser: true }],
      ['a sameUser that is a string', { sameUser: 'true' }],
      ['null', null],
    ])(
      'updateSession refuses unknown or invalid options and writes nothing: %s',
      async (_name, options) => {
        await expect(
          sessions.manager.updateSession(token, { basket: [] }, options as object),
        ).rejects.toThrow(SessionsConfigurationError);
        await expect(stored()).resolves.toEqual({ userId: 'ada', basket: ['tea'] });
      },
    );
  });
});
