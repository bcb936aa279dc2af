import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { bareTable, quotedTable, type TableName } from '../drivers/dialect.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';
import { COLUMNS, retypeStatement } from './ddl.js';
import { serverDialect } from './prepare-table.js';

/** The columns by whose values sessions are found. */
const COMPARED = ['id', 'secret_hash', 'previous_secret_hash', 'user_id'] as const;

interface ColumnCollation {
  readonly name: keyof typeof COLUMNS;
  readonly collation: string;
}

/**
 * Checks that ids, hashes and user ids are compared byte for byte. A table that was converted to another collation can take
 * `admin` and `Ádmin` for one user.
 *
 * @throws SessionsConfigurationError if another collation compares them
 */
export async function requireCollations(sequelize: Sequelize, table: TableName): Promise<void> {
  const dialect = await serverDialect(sequelize);
  if (dialect.name === 'sqlite') {
    return;
  }
  const isPostgres = dialect.name === 'postgres';
  const unequal = await sequelize.query<ColumnCollation>(
    isPostgres ? POSTGRES_COLLATIONS : MYSQL_COLLATIONS,
    {
      ...STATEMENT_OPTIONS,
      bind: { table: isPostgres ? quotedTable(dialect, table) : bareTable(dialect, table) },
      type: QueryTypes.SELECT,
    },
  );
  if (unequal.length > 0) {
    const found = unequal.map(({ name, collation }) => `${name} (${collation})`).join(', ');
    const names = unequal.map(({ name }) => name);
    throw new SessionsConfigurationError(
      `The session table compares ${found} not byte for byte, so that one user can be taken for another. ` +
        `Migrate the table: ${retypeStatement(dialect, table, names)}. It was not changed.`,
    );
  }
}

const NAMES = `'${COMPARED.join("', '")}'`;

/** A binary column has no collation. Ids and hashes never end with spaces; user ids can, and most `_bin` ignore these. */
const MYSQL_COLLATIONS =
  'SELECT column_name AS name, collation_name AS collation FROM information_schema.columns ' +
  `WHERE table_schema = DATABASE() AND table_name = $table AND column_name IN (${NAMES}) ` +
  "AND collation_name NOT REGEXP IF(column_name = 'user_id', '_(nopad|0900)_bin$', '_bin$')";

/** Before version 12, PostgreSQL has no `collisdeterministic`. */
const POSTGRES_COLLATIONS =
  "SELECT attname AS name, COALESCE(collname, '') || ' ' || typname AS collation FROM pg_attribute " +
  'JOIN pg_type ON pg_type.oid = atttypid LEFT JOIN pg_collation ON pg_collation.oid = attcollation ' +
  `WHERE attrelid = to_regclass($table) AND attname IN (${NAMES}) ` +
  "AND (typname = 'citext' OR to_jsonb(pg_collation) ->> 'collisdeterministic' = 'false')";
