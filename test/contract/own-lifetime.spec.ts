import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SessionExpiredError,
  SessionNotFoundError,
  SessionsConfigurationError,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, {
      expireTime: 24 * HOUR,
      renewTimestamp: HOUR,
      absoluteTimeout: 48 * HOUR,
    });
  });
  afterEach(() => sessions.close());

  const lifeLeft = async (token: string) =>
    (await sessions.manager.inspectSession(token)).expiresAt.getTime() - sessions.clock.now();

  describe('a session that was created with expireTime', () => {
    it.each([
      ['an update', (token: string) => sessions.manager.updateSession(token, 'new')],
      ['a change', (token: string) => sessions.manager.updateSession(token, () => 'new')],
      ['a renewal', (token: string) => sessions.manager.renewSession(token)],
      [
        'a rotation',
        async (token: string) => {
          await sessions.manager.regenerateSession(token, { grace: HOUR });
        },
      ],
    ])('keeps its lifetime after %s', async (_name, write) => {
      const token = await sessions.manager.createSession('data', { expireTime: MINUTE });
      sessions.clock.advance(MINUTE / 2);
      await write(token);
      expect(await lifeLeft(token)).toBe(MINUTE);
    });

    it('gets no more than renewTimestamp from a renewal if its lifetime is longer', async () => {
      const token = await sessions.manager.createSession('data', { expireTime: 2 * HOUR });
      sessions.clock.advance(2 * HOUR - 1);
      await sessions.manager.renewSession(token);
      expect(await lifeLeft(token)).toBe(HOUR);
    });

    it('still ends at the absolute limit', async () => {
      const token = await sessions.manager.createSession('data', { expireTime: 48 * HOUR });
      sessions.clock.advance(48 * HOUR - 1);
      await sessions.manager.renewSession(token);
      expect(await lifeLeft(token)).toBe(1);
    });
  });

  describe('expireTime of a renewal or an update', () => {
    const writes: [string, (token: string, expireTime: number) => Promise<unknown>][] = [
      ['renewSession', (token, expireTime) => sessions.manager.renewSession(token, { expireTime })],
      [
        'updateSession with data',
        (token, expireTime) => sessions.manager.updateSession(token, 'new', { expireTime }),
      ],
      [
        'updateSession by change',
        (token, expireTime) => sessions.manager.updateSession(token, () => 'new', { expireTime }),
      ],
    ];

    it.each(writes)('%s can shorten a session while it runs', async (_name, write) => {
      const token = await sessions.manager.createSession('data');
      await write(token, MINUTE);
      expect(await lifeLeft(token)).toBe(MINUTE);
      sessions.clock.advance(MINUTE / 2);
      await sessions.manager.renewSession(token);
      expect(await lifeLeft(token)).toBe(MINUTE);
      sessions.clock.advance(MINUTE);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });

    it.each(writes)('%s can give a session more time', async (_name, write) => {
      const token = await sessions.manager.createSession('data', { expireTime: MINUTE });
      await write(token, 30 * HOUR);
      expect(await lifeLeft(token)).toBe(30 * HOUR);
    });

    it.each(writes)('%s refuses a lifetime beyond absoluteTimeout', async (_name, write) => {
      const token = await sessions.manager.createSession('data');
      for (const expireTime of [48 * HOUR + 1, 0, NaN, '1']) {
        const refused = write(token, expireTime as number);
        await expect(refused).rejects.toThrow(SessionsConfigurationError);
        await expect(refused).rejects.toThrow('expireTime');
      }
      expect(await lifeLeft(token)).toBe(24 * HOUR);
    });

    it('a session that was shortened is removed once it has expired', async () => {
      const token = await sessions.manager.createSession('data');
      await sessions.manager.renewSession(token, { expireTime: MINUTE });
      sessions.clock.advance(MINUTE);
      await expect(sessions.manager.removeExpiredSessions()).resolves.toBe(1);
    });

    it('renewals that run at the same time do not undo it', async () => {
      for (let run = 0; run < 15; run++) {
        const token = await sessions.manager.createSession('data');
        await Promise.all([
          ...Array.from({ length: 4 }, () => sessions.manager.renewSession(token)),
          sessions.manager.renewSession(token, { expireTime: MINUTE }),
          ...Array.from({ length: 4 }, () => sessions.manager.updateSession(token, run)),
        ]);
        expect(await lifeLeft(token)).toBe(MINUTE);
      }
    });
  });

  describe('endsAt', () => {
    it('no renewal, update or lifetime passes it', async () => {
      const endsAt = new Date(sessions.clock.now() + 10 * MINUTE);
      const token = await sessions.manager.createSession('data', { endsAt });
      expect(await lifeLeft(token)).toBe(10 * MINUTE);
      sessions.clock.advance(9 * MINUTE);
      await sessions.manager.updateSession(token, 'new');
      await sessions.manager.renewSession(token, { expireTime: HOUR });
      const next = await sessions.manager.regenerateSession(token);
      expect(await lifeLeft(next)).toBe(MINUTE);
      sessions.clock.advance(MINUTE);
      await expect(sessions.manager.renewSession(next)).rejects.toThrow(SessionExpiredError);
      const late = sessions.manager.renewSession(next, { allowExpired: true, expireTime: HOUR });
      await expect(late).rejects.toThrow(SessionExpiredError);
      await expect(sessions.manager.retrieveSession(next)).rejects.toThrow(SessionExpiredError);
    });

    it('endsAt may be later than expireTime, which then counts first', async () => {
      const endsAt = new Date(sessions.clock.now() + 2 * HOUR);
      const token = await sessions.manager.createSession('data', { endsAt, expireTime: MINUTE });
      expect(await lifeLeft(token)).toBe(MINUTE);
    });

    it.each([
      ['the present moment', () => new Date(sessions.clock.now()), /got \d{4}-\d\d-\d\dT.*Z\.$/],
      ['an invalid date', () => new Date(NaN), /got an invalid Date\.$/],
      ['a number', () => sessions.clock.now() + HOUR, /got \d+\.$/],
    ])('endsAt can not be %s', async (_name, endsAt, shown) => {
      const refused = sessions.manager.createSession('data', { endsAt: endsAt() as Date });
      await expect(refused).rejects.toThrow(SessionsConfigurationError);
      await expect(refused).rejects.toThrow('endsAt must be a Date in the future');
      await expect(refused).rejects.toThrow(shown);
    });
  });

  describe('an idle timeout that is lowered later', () => {
    it('ends sessions at once that were idle for longer, without a write', async () => {
      const user = { userId: 'ann' };
      const idle = await sessions.manager.createSession(user);
      const own = await sessions.manager.createSession(user, { expireTime: 24 * HOUR });
      const strict = await sessions.another({
        rolling: true,
        renewTimestamp: 15 * MINUTE,
        maxSessionsPerUser: 2,
      });
      sessions.clock.advance(15 * MINUTE - 1);
      await expect(strict.retrieveSession(idle)).resolves.toEqual(user);
      sessions.clock.advance(1);
      await expect(strict.retrieveSession(idle)).rejects.toThrow(SessionExpiredError);
      await expect(strict.updateSession(idle, user)).rejects.toThrow(SessionExpiredError);
      await expect(strict.renewSession(idle)).rejects.toThrow(SessionExpiredError);
      await expect(strict.retrieveSession(own)).resolves.toEqual(user);
      await expect(strict.listSessions('ann')).resolves.toHaveLength(1);
      await expect(strict.countSessions('ann')).resolves.toBe(1);
      await strict.createSession(user);
      await expect(strict.retrieveSession(own)).resolves.toEqual(user);
      await expect(sessions.manager.retrieveSession(idle)).resolves.toEqual(user);
    });

    it('a renewal with allowExpired brings such a session back', async () => {
      const token = await sessions.manager.createSession('data');
      const strict = await sessions.another({ rolling: true, renewTimestamp: 15 * MINUTE });
      sessions.clock.advance(HOUR);
      await strict.renewSession(token, { allowExpired: true });
      await expect(strict.retrieveSession(token)).resolves.toBe('data');
    });
  });

  describe('a row that a later version keeps after the end of its session', () => {
    it('is not found, not counted and not changed', async () => {
      const user = { userId: 'ann' };
      const token = await sessions.manager.createSession(user);
      await sessions.sequelize.query(`UPDATE ${sessions.tableName} SET end_reason = 'logout'`);
      const { manager } = sessions;
      await expect(manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      await expect(manager.updateSession(token, user)).rejects.toThrow(SessionNotFoundError);
      const revival = manager.renewSession(token, { allowExpired: true });
      await expect(revival).rejects.toThrow(SessionNotFoundError);
      await expect(manager.regenerateSession(token)).rejects.toThrow(SessionNotFoundError);
      await expect(manager.listSessions('ann')).resolves.toEqual([]);
      await expect(manager.countSessions()).resolves.toBe(0);
      const [row] = await sessions.select(`SELECT version FROM ${sessions.tableName}`);
      expect(Number(row!['version'])).toBe(1);
    });
  });
});
