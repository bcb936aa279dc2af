import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SessionNotFoundError,
  SessionStoreError,
  SessionsConfigurationError,
  type OwnerReassignment,
  type SessionManager,
} from 'nestjs-server-sessions';
import {
  DATABASES,
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { allowRows, refuseRow } from '../support/databases/refused-rows.js';
import { rejectionOf } from '../support/promises/rejection.js';

interface Account {
  account?: string | null;
  count?: number;
}

describeDatabases((database) => {
  let before: TestSessions<Account>;
  let after: SessionManager<Account>;

  beforeEach(async () => {
    before = await openSessions<Account>(database);
    after = await before.another({ userId: (data) => data.account });
  });
  afterEach(() => before.close());

  const create = (account: string) => before.manager.createSession({ account });

  describe('reassignOwners', () => {
    it('after it removeUserSessions finds all sessions from before the deploy', async () => {
      const tokens = await Promise.all(['ann', 'bob', 'ann', 'ann'].map(create));
      await expect(after.removeUserSessions('ann')).resolves.toBe(0);
      await expect(after.reassignOwners()).resolves.toEqual({
        read: 4,
        reassigned: 4,
        unreadable: 0,
      });
      await expect(after.removeUserSessions('ann')).resolves.toBe(3);
      await expect(after.inspectSession(tokens[1]!)).resolves.toMatchObject({ userId: 'bob' });
    });

    it('a second run changes nothing', async () => {
      await create('ann');
      await after.reassignOwners();
      await expect(after.reassignOwners()).resolves.toMatchObject({ read: 1, reassigned: 0 });
    });

    it('an owner stays if the data names none, goes if it names null, and changes otherwise', async () => {
      const owned = (data: Account) => before.manager.createSession(data, { userId: 'old' });
      const [none, nobody, other] = await Promise.all(
        [{}, { account: null }, { account: 'new' }].map(owned),
      );
      await after.reassignOwners();
      const ownerOf = async (token: string) => (await after.inspectSession(token)).userId;
      await expect(ownerOf(none!)).resolves.toBe('old');
      await expect(ownerOf(nobody!)).resolves.toBeUndefined();
      await expect(ownerOf(other!)).resolves.toBe('new');
    });

    it('a token in its grace can no longer read a session that another user gets', async () => {
      const token = await create('ann');
      await before.manager.regenerateSession(token, { grace: 10_000 });
      await expect(before.manager.retrieveSession(token)).resolves.toEqual({ account: 'ann' });
      await after.reassignOwners();
      await expect(before.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
    });

    it('data that can not be read, or names no valid owner, is counted and stays', async () => {
      await create('ann');
      await before.manager.createSession({ account: 'x'.repeat(256) });
      const token = await create('eve');
      await before.sequelize.query(
        `UPDATE ${before.tableName} SET data = '{' WHERE id = '${token.split('.')[0]}'`,
      );
      await expect(after.reassignOwners()).resolves.toEqual({
        read: 3,
        reassigned: 1,
        unreadable: 2,
      });
    });

    if (database.storagePath) {
      it('rows that are damaged do not stop it', async () => {
        const tokens = await Promise.all(['ann', 'bob', 'cid'].map(create));
        const [first, second] = tokens.map((token) => token.split('.')[0]!).toSorted();
        const { sequelize, tableName } = before;
        await sequelize.query(`UPDATE ${tableName} SET version = 'x' WHERE id = '${first}'`);
        await sequelize.query(
          `UPDATE ${tableName} SET id = id || printf('%05000d', 0) WHERE id = '${second}'`,
        );
        await expect(after.reassignOwners({ batchSize: 1 })).resolves.toEqual({
          read: 2,
          reassigned: 1,
          unreadable: 1,
        });
      });
    }

    it('updates that run at the same time are not lost', async () => {
      const token = await create('ann');
      const counting = async () => {
        for (let count = 1; count <= 20; count++) {
          await before.manager.updateSession(token, (data) => void (data.count = count));
        }
      };
      const reassigning = async () => {
        for (let run = 0; run < 10; run++) {
          await after.reassignOwners();
        }
      };
      await Promise.all([counting(), reassigning()]);
      await expect(after.inspectSession(token)).resolves.toMatchObject({
        userId: 'ann',
        data: { account: 'ann', count: 20 },
      });
    });

    it('it reports its progress after each batch, and stops after one if it is told to', async () => {
      await Promise.all(['ann', 'bob', 'cid', 'dan', 'eve'].map(create));
      const stopping = new AbortController();
      const progress: OwnerReassignment[] = [];
      const onProgress = (done: OwnerReassignment) => {
        progress.push(done);
        if (progress.length === 2) {
          stopping.abort();
        }
      };
      const { signal } = stopping;
      const done = await after.reassignOwners({ batchSize: 2, onProgress, signal });
      expect(progress.map(({ read }) => read)).toEqual([2, 4]);
      expect(done).toEqual(progress[1]);
    });

    describe('the database refuses a session', () => {
      let ids: string[];

      beforeEach(async () => {
        const tokens = await Promise.all(['ann', 'bob', 'cid'].map(create));
        ids = tokens.map((token) => token.split('.')[0]!).toSorted();
      });
      afterEach(() => allowRows(before));

      it.each([100, 1])(
        'the error says unknown if others have another owner by then, read %i at a time',
        async (batchSize) => {
          await refuseRow(before, 'UPDATE', ids[2]!);
          expect(await rejectionOf(after.reassignOwners({ batchSize }))).toMatchObject({
            code: 'ERR_SESSION_STORE',
            reason: 'unknown',
            message: expect.stringMatching(/was applied to some sessions.*refused the statement/),
          });
          await expect(
            before.select(
              `SELECT id FROM ${before.tableName} WHERE user_id IS NOT NULL ORDER BY id`,
            ),
          ).resolves.toEqual([{ id: ids[0] }, { id: ids[1] }]);
          await allowRows(before);
          await expect(after.reassignOwners()).resolves.toMatchObject({ read: 3, reassigned: 1 });
        },
      );

      it('the error says rejected if none has another owner', async () => {
        await refuseRow(before, 'UPDATE', ids[0]!);
        expect(await rejectionOf(after.reassignOwners())).toMatchObject({ reason: 'rejected' });
      });

      it('an error of onProgress stays as it is', async () => {
        const error = new SessionStoreError('of another call', { reason: 'rejected' });
        const onProgress = () => Promise.reject(error);
        expect(await rejectionOf(after.reassignOwners({ onProgress }))).toBe(error);
      });
    });

    it.each([
      { batchSize: 0 },
      { batchSize: 1001 },
      { onProgress: 1 },
      { signal: {} },
      { size: 1 },
    ])('it refuses wrong options: %p', async (options) => {
      await expect(after.reassignOwners(options as object)).rejects.toThrow(
        SessionsConfigurationError,
      );
    });
  });
});

describeDatabases(
  (database) => {
    it.each(["'latest'", "x'31'", "''", "' '", "'0x10'"])(
      'reassignOwners counts a row with the version %s and leaves it',
      async (version) => {
        const before = await openSessions<Account>(database);
        const after = await before.another({ userId: (data) => data.account });
        const token = await before.manager.createSession({ account: 'eve' });
        await before.sequelize.query(
          `UPDATE ${before.tableName} SET version = ${version} WHERE id = '${token.split('.')[0]}'`,
        );
        await before.manager.createSession({ account: 'ann' });
        await expect(after.reassignOwners()).resolves.toEqual({
          read: 2,
          reassigned: 1,
          unreadable: 1,
        });
        await before.close();
      },
    );
  },
  DATABASES.filter(({ name }) => name.startsWith('SQLite')),
);
