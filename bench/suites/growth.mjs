import { statSync } from 'node:fs';
import { QueryTypes } from 'sequelize';
import { addRows, tokenOf } from '../many-rows.mjs';
import { inRounds } from '../measure/rounds.mjs';
import { connect, DATABASES, withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { PARALLEL } from '../settings.mjs';

const DAY = 24 * 60 * 60 * 1000;
const FEW_ROWS = 10_000;
const SWEPT_AT_ONCE = 1000;
const SWEEP = 'sweep of 1,000';
const CALLS = ['read', 'renew', 'create', 'login with a limit', 'list', SWEEP];

/**
 * Measures calls on small, larger and large tables: reads in parallel, and each call one by one. Also the size of a session
 * on the disk, and what a renewal adds to the log of a server.
 */
export function growth(settings) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const sizes = {
        'a small table': FEW_ROWS,
        'a larger table': settings.manyRows / 10,
        'a large table': settings.manyRows,
      };
      const measured = {};
      const reads = [];
      const calls = [];
      for (const database of DATABASES) {
        for (const [size, rows] of Object.entries(sizes)) {
          const place = placeIn(database);
          await addRows(place, 1, rows, DAY);
          if (rows === settings.manyRows) {
            const bytes = (await sizeOf(place)) / rows;
            measured[`${database}: a session, indexes included`] = {
              unit: 'bytes',
              values: [bytes],
            };
          }
          await addRows(place, rows + 1, rows + expiredRows(settings), -DAY);
          const where = `${database}: ${size}`;
          // Equally many sessions of each table, from all parts of it; the warm-up reads each of them.
          const tokens = Array.from({ length: FEW_ROWS }, (_, n) =>
            tokenOf(1 + Math.floor((n * rows) / FEW_ROWS)),
          );
          const parallel = await keep(start('calls/library.mjs', { place, tokens }));
          reads.push({
            name: where,
            measure: (seconds) => parallel.ask({ call: 'retrieve', parallel: PARALLEL, seconds }),
          });
          const { ask } = await keep(start('calls/one-by-one.mjs', { place, rows }));
          calls.push(...CALLS.map((call) => ({ place, where, call, ask })));
        }
      }
      const rates = await inRounds(reads, settings);
      const times = await timesOf(calls, settings);
      Object.assign(measured, await logged(calls, settings));
      return { rates, measured, times };
    }),
  );
}

/** Measures calls in turn; returns p50 and p99 of each table as two rows, with a column for each call. */
async function timesOf(calls, settings) {
  const named = calls.map((call, index) => ({ ...call, name: String(index) }));
  const contenders = named.map(({ name, call, ask }) => ({
    name,
    measure: (seconds) => ask({ call, times: countOf(call, seconds, settings) }),
  }));
  const rounds = await inRounds(contenders, settings);
  const times = {};
  for (const { name, where, call } of named) {
    for (const share of ['p50', 'p99']) {
      const row = (times[`${where}, ${share}`] ??= {});
      row[call] = { unit: 'ms', values: rounds[name].map((round) => round[share]) };
    }
  }
  return times;
}

/** A sweep deletes many rows, so there are fewer of them. */
function countOf(call, seconds, { callsPerSecond }) {
  return Math.ceil((seconds * callsPerSecond) / (call === SWEEP ? 60 : 1));
}

/** Returns how many expired rows the sweeps of a table delete. */
function expiredRows(settings) {
  const { rounds, seconds, settling, warmUp } = settings;
  const sweeps = (time) => countOf(SWEEP, time, settings);
  return (sweeps(warmUp) + rounds * (sweeps(settling) + sweeps(seconds))) * SWEPT_AT_ONCE;
}

/** Measures what renewals add to the log of each server, in the largest table. */
async function logged(calls, { rounds }) {
  const measured = {};
  for (const [database, sql] of Object.entries(LOG_POSITION)) {
    const renewals = calls.filter(
      ({ place, call }) => place.database === database && call === 'renew',
    );
    const { place, ask } = renewals.at(-1);
    const sequelize = await connect(place);
    const position = async () => {
      const [row] = await sequelize.query(sql, { type: QueryTypes.SELECT });
      return Number(row.position ?? row.Value);
    };
    const values = [];
    for (let round = 0; round < rounds; round++) {
      const before = await position();
      await ask({ call: 'renew', times: RENEWALS });
      values.push(((await position()) - before) / RENEWALS);
    }
    await sequelize.close();
    measured[`${database}: log of a renewal`] = { unit: 'bytes', values };
  }
  return measured;
}

const RENEWALS = 1000;

/** How much each server has written to its log. */
const LOG_POSITION = {
  PostgreSQL: "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS position",
  MariaDB: "SHOW GLOBAL STATUS LIKE 'Innodb_os_log_written'",
};

/** Returns the bytes of a table and its indexes. */
async function sizeOf(place) {
  if (place.file) {
    return statSync(place.file).size;
  }
  const sequelize = await connect(place);
  let rows;
  for (const sql of SIZE[place.database](place.table)) {
    rows = await sequelize.query(sql, { type: QueryTypes.SELECT });
  }
  await sequelize.close();
  return Number(rows[0].size);
}

const SIZE = {
  PostgreSQL: (table) => [`SELECT pg_total_relation_size('${table}') AS size`],
  MariaDB: (table) => [
    `ANALYZE TABLE ${table}`,
    'SELECT data_length + index_length AS size FROM information_schema.tables ' +
      `WHERE table_schema = DATABASE() AND table_name = '${table}'`,
  ],
};
