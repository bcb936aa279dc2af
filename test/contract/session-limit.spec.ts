import { afterEach, describe, expect, it } from '@jest/globals';
import { SessionLimitError, type InitOptions } from 'nestjs-server-sessions';
import { addLiveRows } from '../support/databases/many-rows.js';
import {
  describeDatabases,
  IN_MEMORY,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const MINUTE = 60_000;
const idOf = (token: string) => token.split('.')[0]!;

describeDatabases((database) => {
  let sessions: TestSessions;

  const open = async (options: InitOptions) => {
    sessions = await openSessions(database, { expireTime: 10 * MINUTE, ...options });
  };
  afterEach(() => sessions.close());

  const login = async (userId?: string) => {
    sessions.clock.advance(1);
    return sessions.manager.createSession({ userId });
  };
  /** Opens a second manager on the table; in memory, two at the same time have no lock between them. */
  const other = async () => (IN_MEMORY.includes(database) ? sessions.manager : sessions.another());
  const live = async (userId: string) =>
    (await sessions.manager.listSessions(userId)).map(({ id }) => id);

  describe('maxSessionsPerUser', () => {
    it('a login at the limit makes room by ending the oldest session', async () => {
      await open({ maxSessionsPerUser: 2 });
      const [, second, third] = [await login('ann'), await login('ann'), await login('ann')];
      expect(await live('ann')).toEqual([third, second].map(idOf));
    });

    it('the limit counts each user separately, and no session without a user', async () => {
      await open({ maxSessionsPerUser: 1 });
      const tokens = [await login('ann'), await login('bob'), await login(), await login()];
      for (const token of tokens) {
        await sessions.manager.retrieveSession(token);
      }
    });

    it('the limit does not count expired sessions', async () => {
      await open({ maxSessionsPerUser: 1, onSessionLimit: 'reject' });
      await login('ann');
      sessions.clock.advance(10 * MINUTE);
      await login('ann');
      expect(await live('ann')).toHaveLength(1);
    });

    it('parallel logins over two managers keep as many sessions as the limit allows', async () => {
      await open({ maxSessionsPerUser: 3 });
      const managers = [sessions.manager, await other()];
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          managers[index % 2]!.createSession({ userId: 'ann' }),
        ),
      );
      expect(await live('ann')).toHaveLength(3);
    });

    it('a login ends no session that moves to another user at the same time', async () => {
      await open({ maxSessionsPerUser: 1 });
      for (let run = 0; run < 20; run++) {
        const token = await login('ann');
        const moving = sessions.manager.updateSession(token, { userId: 'bob' }).then(
          () => true,
          () => false,
        );
        const [, moved] = await Promise.all([login('ann'), moving]);
        const lives = (await sessions.manager.countSessions('bob')) === 1;
        expect(lives).toBe(moved);
        await sessions.manager.removeUserSessions('ann');
        await sessions.manager.removeUserSessions('bob');
      }
    });

    it('if a user has far more sessions, a login evicts a part, and the rest goes in the background', async () => {
      await open({ maxSessionsPerUser: 3 });
      await addLiveRows(sessions, 1200, sessions.clock.now());
      const evicted: string[] = [];
      const gone = new Promise<void>((resolve) =>
        sessions.manager.events$.subscribe((event) => {
          if (event.type === 'evicted') {
            evicted.push(event.id);
          }
          if (evicted.length === 1198) {
            resolve();
          }
        }),
      );
      const token = await login('ann');
      expect(evicted).toHaveLength(512);
      await gone;
      const left = await live('ann');
      expect(left).toHaveLength(3);
      expect(left[0]).toBe(idOf(token));
      expect(evicted).toEqual(evicted.toSorted());
      await expect(
        sessions.select(`SELECT id FROM ${sessions.tableName} WHERE end_reason = ''`),
      ).resolves.toHaveLength(3);
    });

    it('close() ends what goes in the background, and the next login goes on with it', async () => {
      await open({ maxSessionsPerUser: 3 });
      await addLiveRows(sessions, 2000, sessions.clock.now());
      const second = await sessions.another();
      await second.createSession({ userId: 'ann' });
      await second.close();
      const before = await sessions.manager.countSessions('ann');
      expect(before).toBeLessThanOrEqual(2001 - 512);
      await login('ann');
      expect(await sessions.manager.countSessions('ann')).toBeLessThanOrEqual(before + 1 - 512);
    });

    it('a login beyond the limit is refused if onSessionLimit is reject, and nothing changes', async () => {
      await open({ maxSessionsPerUser: 2, onSessionLimit: 'reject' });
      const before = [await login('ann'), await login('ann')].map(idOf).reverse();
      await expect(login('ann')).rejects.toThrow(SessionLimitError);
      expect(await live('ann')).toEqual(before);
    });

    it('parallel logins over two managers never exceed a limit that rejects', async () => {
      await open({ maxSessionsPerUser: 3, onSessionLimit: 'reject' });
      const managers = [sessions.manager, await other()];
      const results = await Promise.allSettled(
        Array.from({ length: 30 }, (_, index) =>
          managers[index % 2]!.createSession({ userId: 'ann' }),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect(await live('ann')).toHaveLength(3);
    });
  });
});
