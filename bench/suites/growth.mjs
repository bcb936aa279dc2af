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

/** Measures reads of sessions from a small and from a large table, and the size of a session on the disk. */
export function growth(settings) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const measured = {};
      for (const database of DATABASES) {
        const place = placeIn(database);
        const rows = settings.manyRows / 50;
        await addRows(place, 1, rows, DAY);
        const bytes = (await sizeOf(place)) / rows;
        measured[`${database}: a session, indexes included`] = { unit: 'bytes', values: [bytes] };
      }
      const contenders = [];
      for (const database of ['SQLite', 'PostgreSQL']) {
        for (const [name, rows] of [
          [`${database}: a small table`, FEW_ROWS],
          [`${database}: a large table`, settings.manyRows],
        ]) {
          const place = placeIn(database);
          await addRows(place, 1, rows, DAY);
          // Equally many sessions of each table, from all parts of it; the warm-up reads each of them.
          const tokens = Array.from({ length: FEW_ROWS }, (_, n) =>
            tokenOf(1 + Math.floor((n * rows) / FEW_ROWS)),
          );
          const { ask } = await keep(start('calls/library.mjs', { place, tokens }));
          const measure = (seconds) => ask({ call: 'retrieve', parallel: PARALLEL, seconds });
          contenders.push({ name, measure });
        }
      }
      return { rates: await inRounds(contenders, settings), measured };
    }),
  );
}

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
