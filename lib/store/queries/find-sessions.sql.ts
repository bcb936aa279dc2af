import { idLists } from './id-list.js';
import type { SessionRow } from '../../manager/session-row.js';
import { isOutsized, limited, limitedData } from '../table/read-limits.js';
import { PACKED, toRow, unpackRow } from '../table/session-columns.js';
import type { Columns, Statement } from '../drivers/driver.js';
import type { SessionTable } from '../execution/session-table.js';

/** How a database reads many sessions by id. */
export interface FindSessionsSql {
  /** Returns the SELECT of these ids, which have no duplicates. */
  readonly select: (ids: readonly string[]) => Statement;
  /** Converts a row of its result. */
  readonly toRow: (columns: Columns) => SessionRow;
}

/**
 * Returns the form that the database parses and plans fastest: if possible, one parameter for any number of ids. Ids hold
 * no comma, quote or brace. See docs/adr/0015-lookups-per-database.md.
 */
export function findSessionsSql({ dialect, name }: SessionTable): FindSessionsSql {
  switch (dialect.name) {
    case 'sqlite': {
      // Its driver builds a row column by column, on the main thread: two columns are faster than all of them.
      const outsized = PACKED.filter((column) => !HASHES.has(column)).map(isOutsized);
      // A hash that is not one matches no secret, and does no other harm.
      const columns = PACKED.map((column) =>
        HASHES.has(column)
          ? `CASE typeof(${column}) WHEN 'text' THEN ${limited(dialect, column)} END`
          : column,
      );
      const damaged = `json_array(${columns.slice(0, 3).join(', ')})`;
      const packed = `CASE WHEN ${outsized.join(' OR ')} THEN ${damaged} ELSE json_array(${columns.join(', ')}) END`;
      const sql = `SELECT ${limitedData(dialect)} AS data, ${packed} AS packed FROM ${name} WHERE id IN (SELECT value FROM json_each($ids))`;
      return {
        select: (ids) => ({ sql, parameters: { ids: toJsonArray(ids) } }),
        toRow: unpackRow,
      };
    }
    case 'postgres': {
      const sql = `SELECT * FROM ${name} WHERE id = ANY($ids::varchar[])`;
      return { select: (ids) => ({ sql, parameters: { ids: `{${ids.join(',')}}` } }), toRow };
    }
    case 'mariadb': {
      const column = "id VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$'";
      const sql = `SELECT s.* FROM JSON_TABLE($ids, '$[*]' COLUMNS (${column})) j STRAIGHT_JOIN ${name} s ON s.id = j.id`;
      return { select: (ids) => ({ sql, parameters: { ids: toJsonArray(ids) } }), toRow };
    }
    default: {
      const select = (ids: readonly string[]) => {
        const { sql, parameters } = idLists(ids)[0]!;
        return { sql: `SELECT * FROM ${name} WHERE id IN (${sql})`, parameters };
      };
      return { select, toRow };
    }
  }
}

const HASHES: ReadonlySet<string> = new Set(['secret_hash', 'previous_secret_hash']);

function toJsonArray(ids: readonly string[]): string {
  return `["${ids.join('","')}"]`;
}
