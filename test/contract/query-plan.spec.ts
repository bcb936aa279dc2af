import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const HOUR = 60 * 60 * 1000;
const LIVE = 5000;

describeDatabases((database) => {
  let sessions: TestSessions;
  let token: string;

  beforeAll(async () => {
    sessions = await openSessions(database, { expireTime: HOUR });
    token = await sessions.manager.createSession('expired');
    const now = sessions.clock.now();
    const rows = Array.from({ length: LIVE }, (_, index) => ({
      id: `0190a0a0-0000-7000-8000-${String(index).padStart(12, '0')}`,
      secret_hash: 'h'.repeat(43),
      user_id: `user ${index}`,
      data: 'null',
      version: 1,
      created_at: now,
      renewed_at: now,
      expires_at: now + 4 * HOUR + index,
      sweep_after: now + 5 * HOUR + index,
    }));
    await sessions.sequelize.getQueryInterface().bulkInsert(sessions.tableName, rows);
    // As a SELECT, since the mariadb driver refuses unexpected rows.
    await sessions.select(`ANALYZE ${isMysql() ? 'TABLE ' : ''}${sessions.tableName}`);
  });
  afterAll(() => sessions.close());

  const isMysql = () => ['mariadb', 'mysql'].includes(sessions.sequelize.getDialect());

  const planOf = async (sql: string, parameter: number | string) => {
    const text = sql.includes('ANY(') ? `{${parameter}}` : parameter;
    const value = typeof text === 'number' ? String(text) : `'${text}'`;
    // The default format of MySQL 9 names no index for a row that was read before the plan began.
    const explain = isMysql() ? 'FORMAT=TRADITIONAL' : database.storagePath ? 'QUERY PLAN' : '';
    const rows = await sessions.select(
      `EXPLAIN ${explain} ${sql.replace(/^Executing.*?: /, '').replaceAll(/\$\w+|\?\d*/g, value)}`,
    );
    return JSON.stringify(rows);
  };

  describe('with thousands of sessions', () => {
    it('a lookup among thousands of sessions uses the primary key', async () => {
      const [sql] = await sessions.statementsOf(() => sessions.manager.retrieveSession(token));
      const plan = await planOf(sql!, token.split('.')[0]!);
      expect(plan).toMatch(/sqlite_autoindex|_pkey|"PRIMARY"/);
    });

    it('the cleanup finds expired sessions by the index on sweep_after', async () => {
      sessions.clock.advance(HOUR);
      const [sql] = await sessions.statementsOf(async () => {
        await expect(sessions.manager.removeExpiredSessions()).resolves.toBe(1);
      });
      const plan = await planOf(sql!, sessions.clock.now());
      expect(plan).toContain(`${sessions.tableName}_by_sweep`);
    });
  });
});
