import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionDataError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const idOf = (token: string) => token.split('.')[0]!;

describeDatabases((database) => {
  let sessions: TestSessions<{ n: number }>;

  beforeEach(async () => {
    sessions = await openSessions(database);
  });
  afterEach(() => sessions.close());

  const create = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => sessions.manager.createSession({ n })));

  describe('reads at the same time', () => {
    it('parallel reads share one SELECT, and each gets its own session', async () => {
      const tokens = await create(40);
      const reads = () =>
        Promise.all(tokens.map((token) => sessions.manager.retrieveSession(token)));
      const statements = await sessions.statementsOf(async () => {
        expect(await reads()).toEqual(tokens.map((_, n) => ({ n })));
      });
      expect(statements).toHaveLength(1);
    });

    it('reads that start a little later, as parallel requests do, also share the SELECT', async () => {
      const tokens = await create(20);
      const statements = await sessions.statementsOf(async () => {
        const reads = [];
        for (const token of tokens) {
          reads.push(sessions.manager.retrieveSession(token));
          await Promise.resolve();
        }
        await Promise.all(reads);
      });
      expect(statements).toHaveLength(1);
    });

    it('many parallel reads take several SELECTs with at most 64 sessions each', async () => {
      const tokens = await create(150);
      const statements = await sessions.statementsOf(async () => {
        const read = await Promise.all(
          tokens.map((token) => sessions.manager.retrieveSession(token)),
        );
        expect(read.map(({ n }) => n)).toEqual(tokens.map((_, n) => n));
      });
      expect(statements).toHaveLength(3);
    });

    it('hundreds of parallel reads of one session take one place in the SELECT of others', async () => {
      const [first, second] = await create(2);
      const statements = await sessions.statementsOf(async () => {
        const tokens = [...Array.from({ length: 300 }, () => first!), second!];
        await Promise.all(tokens.map((token) => sessions.manager.retrieveSession(token)));
      });
      expect(statements).toHaveLength(1);
    });

    it('parallel reads of one session get separate objects', async () => {
      const [token] = await create(1);
      const read = await Promise.all(
        Array.from({ length: 5 }, () => sessions.manager.retrieveSession(token!)),
      );
      read[0]!.n = 7;
      expect(read.map(({ n }) => n)).toEqual([7, 0, 0, 0, 0]);
    });

    it('a damaged session fails alone among the reads that share its SELECT', async () => {
      const [damaged, sound] = await create(2);
      await sessions.sequelize.query(
        `UPDATE ${sessions.tableName} SET data = '{' WHERE id = '${idOf(damaged!)}'`,
      );
      const [first, second, third] = await Promise.allSettled([
        sessions.manager.retrieveSession(damaged!),
        sessions.manager.retrieveSession(sound!),
        sessions.manager.retrieveSession(sound!.slice(0, -1) + (sound!.endsWith('A') ? 'E' : 'A')),
      ]);
      expect(first).toMatchObject({ reason: expect.any(SessionDataError) });
      expect(second).toMatchObject({ value: { n: 1 } });
      expect(third).toMatchObject({ reason: { code: 'ERR_SESSION_NOT_FOUND' } });
    });
  });

  it('a read sees every write that was acknowledged before it, however many other reads run', async () => {
    const [token] = await create(1);
    const { manager } = sessions;
    for (let n = 1; n <= 20; n++) {
      const others = Array.from({ length: 10 }, () => manager.retrieveSession(token!));
      await manager.updateSession(token!, { n });
      expect(await manager.retrieveSession(token!)).toEqual({ n });
      await Promise.all(others);
    }
  });
});
