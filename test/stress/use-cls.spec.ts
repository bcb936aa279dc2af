import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import { startWorkers } from '../support/processes/workers.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { SIZES } from './sizes.js';

const GONE = 'ERR_SESSION_NOT_FOUND';

describeShared((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database);
  });
  afterEach(() => sessions.close());

  describe('in an application that uses Sequelize.useCLS and rolls back its own transaction', () => {
    it.each([
      ['', {}],
      [', with a limit of sessions', { maxSessionsPerUser: 6 }],
    ])(
      'acknowledged writes survive the rollback of the transaction of the application%s',
      async (_, options) => {
        const ownTable = `${sessions.tableName}_own`;
        const order = {
          place: placeOf(sessions),
          options: { ...SIZES.options, ...options },
          ownTable,
        };
        const workers = await startWorkers<object, object>('rollbacks.mjs', [order]);
        try {
          expect(await workers.work([{}])).toEqual([
            {
              // Without the first there was no transaction; without the second it was not rolled back.
              ownRows: { inside: 1, afterwards: 0 },
              removed: GONE,
              replaced: 2,
              changed: 2,
              rotated: 1,
              rotatedOut: GONE,
              byId: GONE,
              byUser: GONE,
              expired: GONE,
              created: 1,
            },
          ]);
        } finally {
          await workers.end();
          await sessions.sequelize.query(`DROP TABLE ${ownTable}`);
        }
      },
    );
  });
});
