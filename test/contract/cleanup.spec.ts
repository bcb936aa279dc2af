import { afterEach, describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import type { CleanupOptions } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const HOUR = 60 * 60_000;
const idOf = (token: string) => token.split('.')[0]!;

describeDatabases((database) => {
  let sessions: TestSessions;
  afterEach(() => sessions.close());

  const open = async (cleanup: CleanupOptions) => {
    sessions = await openSessions(database, {
      expireTime: HOUR,
      cleanup: { interval: 1, ...cleanup },
    });
    return sessions.manager.events$.pipe(filter(({ type }) => type === 'expired'));
  };

  describe('the background cleanup', () => {
    it('the cleanup removes sessions whose retention is over, and emits an event', async () => {
      const expired$ = await open({ batchSize: 1, retention: 10_000 });
      const events = firstValueFrom(expired$.pipe(take(2), toArray()));
      const { manager, clock } = sessions;
      const gone = [
        await manager.createSession({ userId: 'ann' }),
        await manager.createSession({ userId: 'bob' }),
      ];
      clock.advance(1);
      const kept = await manager.createSession();
      clock.advance(HOUR + 9_999);

      expect(new Set((await events).map((event) => 'id' in event && event.id))).toEqual(
        new Set(gone.map(idOf)),
      );
      expect(await events).toContainEqual(expect.objectContaining({ userId: 'ann' }));
      const rows = await sessions.select(`SELECT id FROM ${sessions.tableName}`);
      expect(rows).toEqual([{ id: idOf(kept) }]);
    });

    it('the cleanup runs again after each interval', async () => {
      const expired$ = await open({ retention: 0 });
      for (let round = 0; round < 3; round++) {
        const swept = firstValueFrom(expired$);
        const token = await sessions.manager.createSession();
        sessions.clock.advance(HOUR);
        expect(await swept).toMatchObject({ id: idOf(token) });
      }
    });

    it('the cleanup stops when the manager is closed', async () => {
      const expired$ = await open({ retention: 0 });
      const swept = firstValueFrom(expired$);
      await sessions.manager.createSession();
      sessions.clock.advance(HOUR);
      await swept;
      const statements = await sessions.statementsOf(async () => {
        await sessions.manager.close();
      });
      expect(statements.filter((sql) => sql.startsWith('SELECT')).length).toBeLessThanOrEqual(1);
    });
  });
});
