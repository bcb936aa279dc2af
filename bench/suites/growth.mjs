import { statSync } from 'node:fs';
import { QueryTypes } from 'sequelize';
import { fillPlace } from '../library.mjs';
import { addRows, tokenOf } from '../many-rows.mjs';
import { inRounds } from '../measure/rounds.mjs';
import { connect, DATABASES, withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { PARALLEL } from '../settings.mjs';

const DAY = 24 * 60 * 60 * 1000;

/** Reads of sessions from a small and from a large table, and what a session takes on the disk. */
export function growth(settings) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const measured = {};
      for (const database of DATABASES) {
        const place = placeIn(database);
        await fillPlace(place, settings.sessions);
        const bytes = (await sizeOf(place)) / settings.sessions;
        measured[`${database}: a session, indexes included`] = { unit: 'bytes', values: [bytes] };
      }
      const contenders = [];
      for (const database of ['SQLite', 'PostgreSQL']) {
        for (const [name, rows] of [
          [`${database}: a small table`, settings.sessions],
          [`${database}: a large table`, settings.manyRows],
        ]) {
          const place = placeIn(database);
          await addRows(place, 1, rows, DAY);
          // As many sessions of the one table as of the other, from all over it; the warm-up reads each of them.
          const tokens = Array.from({ length: settings.sessions }, (_, n) =>
            tokenOf(1 + Math.floor((n * rows) / settings.sessions)),
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

/** Bytes of a table and its indexes. */
async function sizeOf(place) {
  if (place.file) {
    return statSync(place.file).size;
  }
  const sequelize = await connect(place);
  const select = (sql) => sequelize.query(sql, { type: QueryTypes.SELECT });
  const { refresh, size } = SIZE[place.database](place.table);
  await select(refresh);
  const [row] = await select(size);
  await sequelize.close();
  return Number(row.size);
}

const SIZE = {
  PostgreSQL: (table) => ({
    refresh: `VACUUM ${table}`,
    size: `SELECT pg_total_relation_size('${table}') AS size`,
  }),
  MariaDB: (table) => ({
    refresh: `ANALYZE TABLE ${table}`,
    size:
      'SELECT data_length + index_length AS size FROM information_schema.tables ' +
      `WHERE table_schema = DATABASE() AND table_name = '${table}'`,
  }),
};
