import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  SessionConflictError,
  SessionNotFoundError,
  type SessionManager,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const times = <Result>(count: number, work: (index: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

describeDatabases((database) => {
  let sessions: TestSessions;
  let other: SessionManager;

  beforeAll(async () => {
    // A long deadline: a busy machine may be slow.
    sessions = await openSessions(database, { timeout: 20_000 });
    other = await sessions.another();
  });
  afterAll(() => sessions.close());

  describe('updates by change at the same time', () => {
    it('50 parallel increments through one manager are all kept', async () => {
      const token = await sessions.manager.createSession({ count: 0 });
      await times(50, () =>
        sessions.manager.updateSession(token, ({ count }) => ({ count: count + 1 })),
      );
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ count: 50 });
      await expect(sessions.manager.inspectSession(token)).resolves.toMatchObject({ version: 51 });
    });

    it('50 parallel increments through two managers are all kept', async () => {
      const token = await sessions.manager.createSession({ count: 0 });
      await times(50, (index) =>
        [sessions.manager, other][index % 2]!.updateSession(token, (data) => {
          data.count++;
        }),
      );
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ count: 50 });
    });

    it('parallel increments by asynchronous functions are all kept', async () => {
      const token = await sessions.manager.createSession({ count: 0 });
      await times(20, (index) =>
        [sessions.manager, other][index % 2]!.updateSession(token, async (data) => {
          await Promise.resolve();
          data.count++;
        }),
      );
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ count: 20 });
    });

    it('a change is applied again to the newest data if another write came first', async () => {
      const token = await sessions.manager.createSession({ basket: [] as string[] });
      const seen: string[][] = [];
      const result = await sessions.manager.updateSession(token, async ({ basket }) => {
        seen.push([...basket]);
        if (seen.length === 1) {
          await other.updateSession(token, (data) => {
            data.basket.push('theirs');
          });
        }
        basket.push('mine');
      });
      expect(seen).toEqual([[], ['theirs']]);
      expect(result).toEqual({ basket: ['theirs', 'mine'] });
      await expect(other.retrieveSession(token)).resolves.toEqual(result);
    });

    it('a change does not undo a replacement that came first', async () => {
      const token = await sessions.manager.createSession({ basket: ['old'] });
      let calls = 0;
      await sessions.manager.updateSession(token, async (data) => {
        calls++;
        if (calls === 1) {
          await other.updateSession(token, { basket: ['replaced'] });
        }
        data.basket.push('added');
      });
      await expect(other.retrieveSession(token)).resolves.toEqual({
        basket: ['replaced', 'added'],
      });
    });

    it('a change does not bring back a session that is removed meanwhile', async () => {
      const token = await sessions.manager.createSession({ basket: [] });
      const update = sessions.manager.updateSession(token, async (data) => {
        await other.removeSession(token);
        data.basket.push('late');
      });
      await expect(update).rejects.toThrow(SessionNotFoundError);
      await expect(other.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
    });

    it('a change fails with a conflict if another write comes first every time', async () => {
      const token = await sessions.manager.createSession({ theirs: 0, mine: 0 });
      let calls = 0;
      const update = sessions.manager.updateSession(token, async (data) => {
        calls++;
        await other.updateSession(token, { theirs: calls, mine: 0 });
        data.mine++;
      });
      await expect(update).rejects.toThrow(SessionConflictError);
      await expect(other.retrieveSession(token)).resolves.toEqual({ theirs: calls, mine: 0 });
      expect(calls).toBeGreaterThan(1);
    });

    it('changes of different sessions do not wait for each other', async () => {
      const first = await sessions.manager.createSession('first');
      const second = await sessions.manager.createSession('second');
      await sessions.manager.updateSession(first, async () => {
        await sessions.manager.updateSession(second, () => 'changed meanwhile');
        return 'changed';
      });
      await expect(sessions.manager.retrieveSession(second)).resolves.toBe('changed meanwhile');
    });
  });

  it('changes with 200 forged tokens of a session do not hold up a change by its holder', async () => {
    const { manager } = sessions;
    const token = await manager.createSession({ count: 0 });
    const [id] = token.split('.');
    const forged = Array.from(
      { length: 200 },
      () => `${id}.${randomBytes(32).toString('base64url')}`,
    );
    const increment = (data: { count: number }) => void data.count++;
    let refused: Promise<PromiseSettledResult<unknown>[]>;
    const statements = await sessions.statementsOf(async () => {
      refused = Promise.allSettled(forged.map((each) => manager.updateSession(each, increment)));
      await manager.updateSession(token, increment);
    });
    // The lookups of all are gathered into a few SELECTs. One after the other they would be 200.
    expect(statements.length).toBeLessThan(20);
    for (const outcome of await refused!) {
      expect(outcome).toMatchObject({ reason: expect.any(SessionNotFoundError) });
    }
    await expect(manager.retrieveSession(token)).resolves.toEqual({ count: 1 });
  });

  describe('replacements at the same time', () => {
    it('parallel replacements all succeed, and the data of one of them stays', async () => {
      const token = await sessions.manager.createSession('old');
      await times(20, (index) =>
        [sessions.manager, other][index % 2]!.updateSession(token, `writer ${index}`),
      );
      await expect(sessions.manager.retrieveSession(token)).resolves.toMatch(/^writer \d+$/);
      await expect(sessions.manager.inspectSession(token)).resolves.toMatchObject({ version: 21 });
    });

    it('parallel replacements do not bring back a session that is removed', async () => {
      const tokens = await times(10, () => sessions.manager.createSession('old'));
      await times(10, async (index) =>
        Promise.allSettled([
          sessions.manager.updateSession(tokens[index]!, 'new'),
          other.removeSession(tokens[index]!),
          sessions.manager.renewSession(tokens[index]!),
          other.updateSession(tokens[index]!, () => 'changed'),
        ]),
      );
      for (const token of tokens) {
        await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      }
    });
  });
});
