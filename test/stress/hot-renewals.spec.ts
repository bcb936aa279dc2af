import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize } from 'sequelize';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { printTable } from '../support/processes/markdown-table.js';
import { eventually } from '../support/promises/eventually.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { POSTGRES } from '../support/servers/postgres-kind.js';
import { TestClock } from '../support/sessions/test-clock.js';
import { SIZES } from './sizes.js';

const MINUTE = 60_000;
/** Rounds of renewals, one a minute: each session gets new times for its sweep, one an hour. */
const ROUNDS = 100;
const RENEWALS = SIZES.renewedSessions * ROUNDS;

describeOwnServers(
  (server) => {
    const clock = new TestClock();
    let connection: Sequelize;
    let manager: SessionManager;

    beforeEach(async () => {
      connection = server().connect();
      // A commit that does not wait for the disk writes as much.
      await connection.query('ALTER SYSTEM SET synchronous_commit = off');
      await connection.query('SELECT pg_reload_conf()');
      manager = await init({
        connection,
        clock,
        rolling: true,
        expireTime: 24 * 60 * MINUTE,
        touchAfter: MINUTE,
        timeout: LONG_TIMEOUT_MS,
      });
    });
    afterEach(async () => {
      await manager.close();
      await connection.close();
    });

    it(`of ${RENEWALS} renewals at least 90 % are HOT, each with less than 350 bytes of WAL`, async () => {
      const ask = async (sql: string) => {
        const [row] = await connection.query(sql, { type: QueryTypes.SELECT });
        return row as Record<string, string>;
      };
      const data = (n: number) => ({ userId: `user-${n}`, text: 'x'.repeat(250) });
      const tokens = await Promise.all(
        Array.from({ length: SIZES.renewedSessions }, (_, n) => manager.createSession(data(n))),
      );
      await connection.query('CHECKPOINT');
      const { start } = await ask('SELECT pg_current_wal_insert_lsn() AS start');
      for (let round = 0; round < ROUNDS; round++) {
        clock.advance(MINUTE);
        await Promise.all(tokens.map((token) => manager.renewSession(token)));
      }
      const wal = await ask(
        `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '${start}') AS bytes`,
      );
      const hot = await eventually(async () => {
        const counts = await ask(
          "SELECT n_tup_upd AS updates, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relname = 'server_sessions'",
        );
        expect(Number(counts['updates'])).toBe(RENEWALS);
        return Number(counts['hot']);
      });
      const bytes = Number(wal['bytes']) / RENEWALS;
      printTable('Renewals on PostgreSQL', [
        {
          renewals: RENEWALS,
          'HOT, %': ((100 * hot) / RENEWALS).toFixed(1),
          'WAL of one, bytes': bytes.toFixed(0),
        },
      ]);
      expect(hot / RENEWALS).toBeGreaterThanOrEqual(0.9);
      expect(bytes).toBeLessThan(350);
    });
  },
  [POSTGRES],
);
