import type { SessionRow } from '../../../manager/session-row.js';
import { isOutsized, limited, limitedData } from '../../table/read-limits.js';
import { PACKED, toRow, unpackRow } from '../../table/session-columns.js';
import type { Columns, Statement } from '../../drivers/driver.js';
import type { SessionTable } from '../../execution/session-table.js';
import { sessionsById } from '../endings/sessions-by-id.js';

/** How a database reads many sessions by id. */
export interface FindSessionsSql {
  /** Returns the SELECT of these ids, which have no duplicates. */
  readonly select: (ids: readonly string[]) => Statement;
  /** Converts a row of its result. */
  readonly toRow: (columns: Columns) => SessionRow;
}

/** Returns the SELECT of this database, with `sessionsById`. */
export function findSessionsSql(table: SessionTable): FindSessionsSql {
  const { dialect } = table;
  const byId = sessionsById(table, false);
  const select = (columns: string) => (ids: readonly string[]) => {
    const { sql, parameters } = byId(ids);
    return { sql: `SELECT ${columns} FROM ${sql}`, parameters };
  };
  if (dialect.name !== 'sqlite') {
    return { select: select('s.*'), toRow };
  }
  // Its driver builds a row column by column, on the main thread: two columns are faster than all of them.
  const outsized = PACKED.filter((column) => !HASHES.has(column)).map(isOutsized);
  // A damaged hash matches no secret, and does no other harm.
  const columns = PACKED.map((column) =>
    HASHES.has(column)
      ? `CASE typeof(${column}) WHEN 'text' THEN ${limited(dialect, column)} END`
      : column,
  );
  const damaged = `json_array(${columns.slice(0, 3).join(', ')})`;
  const packed = `CASE WHEN ${outsized.join(' OR ')} THEN ${damaged} ELSE json_array(${columns.join(', ')}) END`;
  return {
    select: select(`${limitedData(dialect)} AS data, ${packed} AS packed`),
    toRow: unpackRow,
  };
}

const HASHES: ReadonlySet<string> = new Set(['secret_hash', 'previous_secret_hash']);
