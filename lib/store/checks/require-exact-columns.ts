import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { quotedTable, type Dialect, type TableName } from '../drivers/dialect.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';
import { retypeStatement } from '../table/ddl.js';
import { catalogParameters, IS_MYSQL_TABLE } from '../table/locate-table.js';

/** The columns by whose values sessions are found, and the number of characters that each must hold. */
const LENGTHS = { id: 36, secret_hash: 43, previous_secret_hash: 43, user_id: 255 } as const;

interface InexactColumn {
  readonly name: keyof typeof LENGTHS;
  /** The type and collation that the column has. */
  readonly found: string;
}

/**
 * Checks that the columns of ids, hashes and user ids keep text as it is and compare it byte for byte. A table that was
 * made by hand, or converted to another collation, can treat `admin` and `Ádmin` as one user.
 *
 * @throws SessionsConfigurationError if a column has another type, is too short, or compares by another collation
 */
export async function requireExactColumns(
  sequelize: Sequelize,
  dialect: Dialect,
  table: TableName,
): Promise<void> {
  const name = quotedTable(dialect, table);
  const inexact = await sequelize.query<InexactColumn>(INEXACT_COLUMNS[dialect.name](name), {
    ...STATEMENT_OPTIONS,
    bind: catalogParameters(dialect, table),
    type: QueryTypes.SELECT,
  });
  if (inexact.length > 0) {
    const found = inexact.map((column) => `${column.name} (${shownType(column.found)})`).join(', ');
    const names = inexact.map((column) => column.name);
    const remedy =
      dialect.name === 'sqlite'
        ? 'Create it again with the column types of the migration (`npx nestjs-server-sessions migration`)'
        : `Migrate the table: ${retypeStatement(dialect, table, names)}`;
    throw new SessionsConfigurationError(
      `The session table does not keep and compare ${found} byte for byte, so one user can be mistaken for another. ` +
        `${remedy}. The table was not changed.`,
    );
  }
}

/** Returns a type for a message. SQLite accepts any text as a type, such as one with control characters of a terminal. */
function shownType(type: string): string {
  return /^[\w (),."-]{1,64}$/.test(type) ? type : 'another type';
}

const NAMES = `'${Object.keys(LENGTHS).join("', '")}'`;

const lengthOf = (column: string): string =>
  `CASE ${column} ${Object.entries(LENGTHS)
    .map(([name, length]) => `WHEN '${name}' THEN ${length}`)
    .join(' ')} END`;

/**
 * Ids and hashes never end with spaces. User ids can, and most collations whose name ends with `_bin` ignore such spaces.
 * Without the strict mode, MariaDB and MySQL truncate what is too long.
 */
const MYSQL =
  "SELECT column_name AS name, CONCAT_WS(' ', column_type, collation_name) AS found FROM information_schema.columns " +
  `WHERE ${IS_MYSQL_TABLE} AND column_name IN (${NAMES}) AND (` +
  "data_type NOT IN ('varchar', 'text', 'mediumtext', 'longtext') " +
  `OR character_maximum_length < ${lengthOf('column_name')} ` +
  "OR collation_name NOT REGEXP IF(column_name = 'user_id', '_(nopad|0900)_bin$', '_bin$'))";

/**
 * A `varchar(n)` has the type modifier n + 4, and cuts spaces at the end of what is too long without an error. Before
 * version 12, PostgreSQL has no `collisdeterministic`.
 */
const POSTGRES =
  "SELECT attname AS name, CONCAT_WS(' ', format_type(atttypid, atttypmod), collname) AS found " +
  'FROM pg_attribute LEFT JOIN pg_collation ON pg_collation.oid = attcollation ' +
  `WHERE attrelid = to_regclass($table) AND attname IN (${NAMES}) AND (` +
  "atttypid NOT IN ('text'::regtype, 'varchar'::regtype) " +
  `OR atttypmod BETWEEN 0 AND 3 + ${lengthOf('attname')} ` +
  "OR to_jsonb(pg_collation) ->> 'collisdeterministic' = 'false')";

/**
 * The name of a column's type decides whether SQLite turns text into numbers. `pragma_table_xinfo` shows this name, but not
 * the collation. So a comparison tests that: the result of a compound SELECT has the collation of the column in its first
 * part.
 */
const sqlite = (table: string): string =>
  [
    `SELECT name, type AS found FROM pragma_table_xinfo($table) WHERE name IN (${NAMES}) ` +
      "AND (type LIKE '%INT%' OR NOT (type LIKE '%CHAR%' OR type LIKE '%CLOB%' OR type LIKE '%TEXT%'))",
    ...Object.keys(LENGTHS).map(
      (column) =>
        `SELECT '${column}', 'takes "' || value || '" for "a"' FROM (` +
        `SELECT ${column} AS value FROM ${table} WHERE 0 UNION ALL SELECT 'A' UNION ALL SELECT 'a ') WHERE value = 'a'`,
    ),
  ].join(' UNION ALL ');

const INEXACT_COLUMNS = {
  mariadb: () => MYSQL,
  mysql: () => MYSQL,
  postgres: () => POSTGRES,
  sqlite,
};
