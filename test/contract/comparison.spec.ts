import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  describeDatabases,
  isMysqlServer,
  openSessions,
  SERVERS,
  type TestSessions,
} from '../support/databases/databases.js';

const ALIKE = ['ada', 'Ada', 'ADA', 'àda', 'ada ', ' ada', 'ａda', 'ada\u200b'];

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database);
    for (const userId of ALIKE) {
      await sessions.manager.createSession({ userId });
    }
  });
  afterAll(() => sessions.close());

  describe('the table', () => {
    it.each(ALIKE)('a user id is distinct from every similar one: %p', async (userId) => {
      const rows = await sessions.select(
        `SELECT user_id FROM ${sessions.tableName} WHERE user_id = '${userId}'`,
      );
      expect(rows).toEqual([{ user_id: userId }]);
    });

    it.each(['id', 'secret_hash'])('the comparison of %s is case-sensitive', async (column) => {
      const rows = await sessions.select(
        `SELECT ${column} AS own FROM ${sessions.tableName} WHERE ${column} = UPPER(${column})`,
      );
      expect(rows).toEqual([]);
    });

    it('ids sort by their bytes', async () => {
      const rows = await sessions.select(`SELECT id FROM ${sessions.tableName} ORDER BY id`);
      const ids = rows.map((row) => row['id'] as string);
      expect(ids).toEqual(ids.toSorted());
    });
  });
});

describeDatabases((database) => {
  it('the table itself declares the collations of ids, hashes and user ids', async () => {
    const sessions = await openSessions(database);
    const rows = await sessions.select(
      'SELECT column_name AS name, collation_name AS collation FROM information_schema.columns ' +
        `WHERE table_name = '${sessions.tableName}'`,
    );
    const collations = Object.fromEntries(rows.map((row) => [row['name'], row['collation']]));
    const userCollation = isMysqlServer(database) ? 'utf8mb4_0900_bin' : 'utf8mb4_nopad_bin';
    const [ascii, bytes] =
      database.name === 'PostgreSQL' ? ['C', 'C'] : ['ascii_bin', userCollation];
    expect(collations).toMatchObject({
      id: ascii,
      secret_hash: ascii,
      previous_secret_hash: ascii,
      user_id: bytes,
    });
    await sessions.close();
  });
}, SERVERS);
