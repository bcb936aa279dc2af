import { idLists } from '../id-list.js';
import type { SessionTable } from '../../execution/session-table.js';
import type { Statement } from '../../drivers/driver.js';

/**
 * Returns a function that makes the part of a SELECT after FROM, for the rows of these ids, in the form that the database
 * parses and plans fastest: if possible, one parameter for any number of ids. Ids have no duplicates and hold no comma,
 * quote or brace; there are at most 512. The table is `s`. See docs/adr/0015-lookups-per-database.md.
 *
 * @param hasHundreds whether there can be hundreds of ids
 */
export function sessionsById(
  { dialect, name }: SessionTable,
  hasHundreds: boolean,
): (ids: readonly string[]) => Statement {
  switch (dialect.name) {
    case 'sqlite': {
      const sql = `${name} s WHERE s.id IN (SELECT value FROM json_each($ids))`;
      return (ids) => ({ sql, parameters: { ids: toJsonArray(ids) } });
    }
    case 'postgres': {
      // The planner looks at each id of a parameter, and reads the whole table for hundreds. It can't look into a subquery.
      const given = '$ids::varchar[]';
      const array = hasHundreds ? `ARRAY(SELECT unnest(${given}))` : given;
      const sql = `${name} s WHERE s.id = ANY(${array})`;
      return (ids) => ({ sql, parameters: { ids: `{${ids.join(',')}}` } });
    }
    case 'mariadb': {
      const column = "id VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$'";
      const sql = `JSON_TABLE($ids, '$[*]' COLUMNS (${column})) j STRAIGHT_JOIN ${name} s ON s.id = j.id`;
      return (ids) => ({ sql, parameters: { ids: toJsonArray(ids) } });
    }
    default:
      return (ids) => {
        const { sql, parameters } = idLists(ids)[0]!;
        return { sql: `${name} s WHERE s.id IN (${sql})`, parameters };
      };
  }
}

function toJsonArray(ids: readonly string[]): string {
  return `["${ids.join('","')}"]`;
}
