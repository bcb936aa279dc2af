import { QueryTypes, type Sequelize } from 'sequelize';
import { shownTable, type Dialect, type TableName } from '../drivers/dialect.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';
import { catalogParameters, IS_MYSQL_TABLE } from '../table/locate-table.js';
import { indexStatements, type IndexName } from '../table/ddl.js';

/** The first columns that an index must have, and what is slow without it. */
const NEEDED: readonly [first: string, index: IndexName | 'primary key', slow: string][] = [
  ['id', 'primary key', 'every lookup'],
  [
    'user_id,end_reason,created_at',
    'by_user',
    "each login with a limit and each list of a user's sessions",
  ],
  ['sweep_after', 'by_sweep', 'the cleanup'],
];

/**
 * Returns a warning for each index of the migration that the table lacks. An index of another name counts if it has the
 * same first columns.
 */
export async function warningsOfIndexes(
  sequelize: Sequelize,
  dialect: Dialect,
  table: TableName,
): Promise<string[]> {
  const rows = await sequelize.query<{ columns: string }>(INDEXES_OF[dialect.name], {
    ...STATEMENT_OPTIONS,
    bind: catalogParameters(dialect, table),
    type: QueryTypes.SELECT,
  });
  const found = rows.map(({ columns }) => `${columns},`);
  return NEEDED.filter(([first]) => !found.some((columns) => columns.startsWith(`${first},`))).map(
    ([first, index, slow]) => {
      const remedy =
        index === 'primary key'
          ? 'Make `id` the primary key, as the migration does (npx nestjs-server-sessions migration)'
          : `Run: ${indexStatements(dialect, table)[index]}`;
      return (
        `The session table ${shownTable(dialect, table)} has no index that begins with ${first.replaceAll(',', ', ')}, ` +
        `so ${slow} reads all sessions. ${remedy}.`
      );
    },
  );
}

const MYSQL =
  "SELECT GROUP_CONCAT(IF(sub_part IS NULL, COALESCE(column_name, '?'), '?') ORDER BY seq_in_index) AS columns " +
  'FROM information_schema.statistics ' +
  `WHERE ${IS_MYSQL_TABLE} GROUP BY index_name`;

/**
 * The columns of each index in their order, `?` for an expression or the beginning of a column. Partial indexes, those that
 * are not built, and columns that an index only includes do not count.
 */
const INDEXES_OF = {
  sqlite:
    "SELECT (SELECT group_concat(COALESCE(name, '?')) " +
    'FROM (SELECT name FROM pragma_index_info(list.name) ORDER BY seqno)) AS columns ' +
    'FROM pragma_index_list($table) AS list WHERE NOT partial',
  postgres:
    "SELECT (SELECT string_agg(COALESCE(attname, '?'), ',' ORDER BY place) " +
    'FROM unnest(indkey::int2[]) WITH ORDINALITY AS key(number, place) ' +
    'LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = number AND number > 0 ' +
    "WHERE place <= COALESCE((to_jsonb(pg_index) ->> 'indnkeyatts')::int, indnatts)) AS columns " +
    'FROM pg_index WHERE indrelid = to_regclass($table) AND indisvalid AND indpred IS NULL',
  mariadb: MYSQL,
  mysql: MYSQL,
};
