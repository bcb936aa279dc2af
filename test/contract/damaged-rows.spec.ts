import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionDataError, SessionNotFoundError } from 'nestjs-server-sessions';
import { DAMAGES } from '../support/faults/row-damages.js';
import { damager, type Damager } from '../support/faults/row-damager.js';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

const DATA = { userId: 'ann', basket: ['bread'] };

describeDatabases((database) => {
  let sessions: TestSessions;
  let damaged: Damager;

  beforeAll(async () => {
    sessions = await openSessions(database, { encryptionKeys: [randomBytes(32)] });
    damaged = damager(sessions, Math.random);
  });
  afterAll(() => sessions.close());

  describe('a row with', () => {
    const possible = DAMAGES.filter(({ onSqlite }) => !onSqlite || database.storagePath);

    it.each(possible)('a row with $name is an error for its own session only', async (damage) => {
      const { manager } = sessions;
      const healthy = await manager.createSession(DATA);
      const token = await manager.createSession(DATA);
      await damaged.by(damage, token);
      const [reading, other] = await Promise.allSettled([
        manager.retrieveSession(token),
        manager.retrieveSession(healthy),
      ]);
      expect(other).toEqual({ status: 'fulfilled', value: DATA });
      if (damage.told === 'nothing') {
        expect(reading).toEqual({ status: 'fulfilled', value: DATA });
        return;
      }
      const expected = damage.told === 'not found' ? SessionNotFoundError : SessionDataError;
      for (const call of [
        manager.inspectSession(token),
        manager.updateSession(token, (data: object) => data),
        manager.regenerateSession(token, { change: (data: object) => data }),
      ]) {
        expect(await rejectionOf(call)).toBeInstanceOf(expected);
      }
      expect(reading).toMatchObject({ status: 'rejected', reason: expect.any(expected) });
    });

    it.each(possible)('a row with $name does not break listSessions', async (damage) => {
      const userId = randomBytes(6).toString('hex');
      const token = await sessions.manager.createSession({ userId });
      await damaged.by(damage, token);
      for (const { client, createdAt, renewedAt, expiresAt } of await sessions.manager.listSessions(
        userId,
      )) {
        expect([createdAt, renewedAt, expiresAt].map(Number)).not.toContainEqual(NaN);
        expect(Object.values(client)).toEqual([undefined, undefined]);
      }
    });

    it('only the holder of the secret learns that a row is damaged', async () => {
      const token = await sessions.manager.createSession(DATA);
      await damaged.by({ name: 'no data', to: () => ({ data: '', version: -1 }) }, token);
      const forged = `${token.slice(0, -2)}${token.at(-2) === 'a' ? 'b' : 'a'}${token.at(-1)}`;
      await expect(sessions.manager.retrieveSession(forged)).rejects.toThrow(SessionNotFoundError);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow('row of this session');
    });
  });
});
