import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionDataError, SessionsConfigurationError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { unhandledRejectionsOf } from '../support/promises/unhandled-rejections.js';

/** Values that no database would return unchanged, or that two databases would compare differently. */
const NO_USER_IDS: [string, unknown][] = [
  ['an empty string', ''],
  ['a string with NUL', 'ada\0'],
  ['256 characters', 'a'.repeat(256)],
  ['a lone surrogate', 'ada\ud800'],
  ['an object', { id: 1 }],
  ['an array', ['ada']],
  ['a boolean', true],
  ['a fraction', 1.5],
  ['an unsafe integer', 2 ** 53],
];

const USER_IDS: [string, string | number | bigint, string][] = [
  ['a string', 'ada', 'ada'],
  ['255 characters', 'é'.repeat(255), 'é'.repeat(255)],
  ['text that needs quoting', `O'Brien "\\" 🧺`, `O'Brien "\\" 🧺`],
  ['zero', 0, '0'],
  ['an integer', 123, '123'],
  ['a negative integer', -5, '-5'],
];

/** Objects without an own property `userId` whose JSON has one. */
const MODELS: [string, object][] = [
  ['an object with a toJSON()', Object.create({ toJSON: () => ({ userId: 'ada' }) })],
  [
    'a model with getters on its prototype',
    new (class {
      get userId() {
        return 'ada';
      }
      toJSON() {
        return { userId: this.userId };
      }
    })(),
  ],
];

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database);
  });
  afterAll(() => sessions.close());

  const ownerOf = async (token: string) => (await sessions.manager.inspectSession(token)).userId;

  describe('the owner of a new session', () => {
    it.each(USER_IDS)(
      'the owner of a new session is the userId of its data: %s',
      async (_name, userId, stored) => {
        const token = await sessions.manager.createSession({ userId });
        await expect(ownerOf(token)).resolves.toBe(stored);
      },
    );

    it.each([...USER_IDS, ['a bigint', 2n ** 64n, '18446744073709551616'] as const])(
      'the option userId takes precedence over the userId of the data: %s',
      async (_name, userId, stored) => {
        const token = await sessions.manager.createSession({ userId: 'of data' }, { userId });
        await expect(ownerOf(token)).resolves.toBe(stored);
      },
    );

    it.each([
      [{ userId: undefined }],
      [{ userId: null }],
      [{}],
      [null],
      [undefined],
      ['text'],
      [7],
    ])('a session whose data names no user has no owner: %p', async (data) => {
      await expect(ownerOf(await sessions.manager.createSession(data))).resolves.toBeUndefined();
    });

    it('the option userId of the manager finds the owner in the data', async () => {
      const manager = await sessions.another({ userId: (data) => data.account.id });
      const token = await manager.createSession({ account: { id: 42 }, userId: 'other' });
      await expect(ownerOf(token)).resolves.toBe('42');
    });

    it.each(MODELS)(
      'the user id of a new session is stored as a string: %s',
      async (_name, model) => {
        const token = await sessions.manager.createSession(model);
        await expect(sessions.manager.inspectSession(token)).resolves.toMatchObject({
          data: { userId: 'ada' },
          userId: 'ada',
        });
      },
    );

    it('the owner can be queried in the column user_id', async () => {
      const token = await sessions.manager.createSession({ userId: 'in the column' });
      const rows = await sessions.select(
        `SELECT id FROM ${sessions.tableName} WHERE user_id = 'in the column'`,
      );
      expect(rows).toEqual([{ id: token.split('.')[0] }]);
    });

    it.each([
      ['10^255', 10n ** 255n],
      ['-10^254', -(10n ** 254n)],
    ])('a bigint of 256 characters is refused as an owner: %s', async (_name, userId) => {
      const { manager } = sessions;
      await expect(manager.createSession({}, { userId })).rejects.toThrow(SessionDataError);
      const shorter = userId < 0n ? userId + 1n : userId - 1n;
      await expect(ownerOf(await manager.createSession({}, { userId: shorter }))).resolves.toBe(
        String(shorter),
      );
    });

    it.each(NO_USER_IDS)('a user id that is %s is refused', async (_name, userId) => {
      const statements = await sessions.statementsOf(async () => {
        await expect(sessions.manager.createSession({ userId })).rejects.toThrow(SessionDataError);
        await expect(
          sessions.manager.createSession(null, { userId: userId as string }),
        ).rejects.toThrow(SessionDataError);
      });
      expect(statements).toEqual([]);
    });
  });

  describe('a promise instead of a user id', () => {
    it('every call refuses a promise that the option userId returns, and no rejection is unhandled', async () => {
      const token = await sessions.manager.createSession({ userId: 'ada' });
      const manager = await sessions.another({
        userId: (async () => {
          throw new Error('The directory is away.');
        }) as never,
      });
      const rejections = await unhandledRejectionsOf(async () => {
        for (const call of [
          () => manager.createSession({ userId: 'ada' }),
          () => manager.updateSession(token, { userId: 'ada' }),
          () => manager.updateSession(token, (data) => data),
          () => manager.regenerateSession(token, { change: (data) => data }),
        ]) {
          const error = await rejectionOf(call());
          expect(error).toBeInstanceOf(SessionsConfigurationError);
          expect((error as Error).message).toContain('The option `userId`');
        }
      });
      expect(rejections).toEqual([]);
      await expect(sessions.manager.inspectSession(token)).resolves.toMatchObject({
        userId: 'ada',
        version: 1,
      });
    });

    it('a promise as the user id of a call is refused, and no rejection is unhandled', async () => {
      const { manager } = sessions;
      const late = () => Promise.reject(new Error('The directory is away.')) as never;
      const rejections = await unhandledRejectionsOf(async () => {
        for (const call of [
          () => manager.createSession({}, { userId: late() }),
          () => manager.listSessions(late()),
          () => manager.removeUserSessions(late()),
          () => manager.removeSessionById('any', { userId: late() }),
        ]) {
          await expect(call()).rejects.toThrow(SessionsConfigurationError);
        }
      });
      expect(rejections).toEqual([]);
    });
  });

  describe.each([
    ['with data', (data: unknown) => data],
    ['by change', (data: unknown) => () => data],
  ])('the owner after an update %s', (_name, update) => {
    it('an update keeps the owner if the new data names no user', async () => {
      const token = await sessions.manager.createSession({ userId: 'ada' });
      await sessions.manager.updateSession(token, update({ basket: [] }));
      await expect(ownerOf(token)).resolves.toBe('ada');
    });

    it('an update removes the owner if the user id of the new data is null', async () => {
      const token = await sessions.manager.createSession({ userId: 'ada' });
      await sessions.manager.updateSession(token, update({ userId: null }));
      await expect(ownerOf(token)).resolves.toBeUndefined();
    });

    it('an update sets the owner that the new data names', async () => {
      const token = await sessions.manager.createSession({ userId: 123 });
      await sessions.manager.updateSession(token, update({ userId: 1337 }));
      await expect(ownerOf(token)).resolves.toBe('1337');
    });

    it.each(MODELS)('the user id of an update is stored as a string: %s', async (_name, model) => {
      const token = await sessions.manager.createSession({ userId: 'bob' });
      await sessions.manager.updateSession(token, update(model));
      await expect(ownerOf(token)).resolves.toBe('ada');
    });

    it.each(MODELS)('sameUser protects the owner from %s', async (_name, model) => {
      const token = await sessions.manager.createSession({ userId: 'bob' });
      await expect(
        sessions.manager.updateSession(token, update(model), { sameUser: true }),
      ).rejects.toThrow(SessionsConfigurationError);
    });

    it.each(NO_USER_IDS)('an update refuses a user id that is %s', async (_name, userId) => {
      const token = await sessions.manager.createSession({ userId: 'ada' });
      await expect(sessions.manager.updateSession(token, update({ userId }))).rejects.toThrow(
        SessionDataError,
      );
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ userId: 'ada' });
    });

    it('with sameUser the owner stays if the new data names the same user or none', async () => {
      const token = await sessions.manager.createSession({ userId: 7 });
      for (const data of [{ userId: '7' }, { userId: 7 }, { basket: [] }]) {
        await sessions.manager.updateSession(token, update(data), { sameUser: true });
        await expect(sessions.manager.retrieveSession(token)).resolves.toEqual(data);
      }
      await expect(ownerOf(token)).resolves.toBe('7');
    });

    it.each(['eve', 'Ada', 'ada ', 'àda', 'ａda'])(
      'with sameUser a similar user id is refused too: %p',
      async (userId) => {
        const token = await sessions.manager.createSession({ userId: 'ada' });
        await expect(
          sessions.manager.updateSession(token, update({ userId }), { sameUser: true }),
        ).rejects.toThrow(SessionsConfigurationError);
        await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ userId: 'ada' });
      },
    );

    it('with sameUser a given owner stays, and two steps do not give the session to another', async () => {
      const token = await sessions.manager.createSession({ userId: 'bob' }, { userId: 'alice' });
      const write = (data: object) =>
        sessions.manager.updateSession(token, update(data), { sameUser: true });
      await write({ userId: 'bob', basket: ['milk'] });
      await expect(ownerOf(token)).resolves.toBe('alice');
      await expect(write({ userId: 'carol' })).rejects.toThrow(SessionsConfigurationError);
      await write({ userId: null });
      await expect(ownerOf(token)).resolves.toBeUndefined();
      await expect(write({ userId: 'carol' })).rejects.toThrow(SessionsConfigurationError);
    });

    it('with sameUser an owner stays if neither the old nor the new data names one', async () => {
      const token = await sessions.manager.createSession({ userId: null }, { userId: 'ann' });
      await sessions.manager.updateSession(token, update({ userId: null, basket: ['milk'] }), {
        sameUser: true,
      });
      await expect(ownerOf(token)).resolves.toBe('ann');
    });

    it.each([
      ['added', () => undefined],
      ['changed', () => 'tenant-7'],
    ])(
      'with sameUser an update goes on after a deploy in which `userId` was %s',
      async (_name, userId) => {
        const before = await sessions.another({ userId });
        const token = await before.createSession({ account: 'ada' });
        const owner = await ownerOf(token);
        const after = await sessions.another({ userId: (data) => data?.account });
        const write = (data: object) =>
          after.updateSession(token, update(data), { sameUser: true });
        await write({ account: 'ada', basket: ['milk'] });
        await expect(after.retrieveSession(token)).resolves.toMatchObject({ basket: ['milk'] });
        await expect(ownerOf(token)).resolves.toBe(owner ?? 'ada');
        await expect(write({ account: 'eve' })).rejects.toThrow(SessionsConfigurationError);
      },
    );

    it('with sameUser a rotation with grace goes on after such a deploy', async () => {
      const token = await sessions.manager.createSession({ account: 'ada' });
      const after = await sessions.another({ userId: (data) => data?.account });
      const next = await after.regenerateSession(token, {
        grace: 1000,
        change: (data) => void (data.role = 'admin'),
      });
      await expect(ownerOf(next)).resolves.toBe('ada');
    });

    it('with sameUser a session without an owner gets none', async () => {
      const token = await sessions.manager.createSession({ basket: [] });
      await expect(
        sessions.manager.updateSession(token, update({ userId: 'ada' }), { sameUser: true }),
      ).rejects.toThrow(SessionsConfigurationError);
      await expect(ownerOf(token)).resolves.toBeUndefined();
    });
  });
});
