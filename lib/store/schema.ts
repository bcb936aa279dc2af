import { createHash } from 'node:crypto';
import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../common/session-error.js';
import { bareTable, dialectOf, quotedTable, type Dialect, type TableName } from './dialect.js';
import { STATEMENT_OPTIONS } from './statement-options.js';

/** The columns in their order, each with the kind of value it holds. */
const COLUMNS = {
  id: 'id',
  secret_hash: 'hash',
  previous_secret_hash: 'optional hash',
  previous_valid_until: 'optional time',
  user_id: 'user',
  data: 'text',
  version: 'count',
  ip_address: 'address',
  user_agent: 'agent',
  created_at: 'time',
  renewed_at: 'time',
  expires_at: 'time',
} as const;

type Kind = (typeof COLUMNS)[keyof typeof COLUMNS];

/** Any number will do, as long as no other library of the application locks on it. */
const POSTGRES_LOCK = 7_274_689_013;

/** Creates the table and its indexes where they are missing; safe when several processes do it at once. */
export async function createSessionTable(sequelize: Sequelize, table: TableName): Promise<void> {
  const dialect = dialectOf(sequelize);
  const userCollation = await mysqlUserCollation(sequelize, dialect);
  for (const statement of tableStatements(dialect, table, userCollation)) {
    await sequelize.query(statement, { ...STATEMENT_OPTIONS, type: QueryTypes.RAW });
  }
}

/**
 * Creates the table where it is missing and that is wanted, and checks that it has all columns of ours. A table that is
 * there is never changed.
 *
 * @throws SessionsConfigurationError where it is missing or is another table.
 */
export async function prepareSessionTable(
  sequelize: Sequelize,
  table: TableName,
  synchronize: boolean,
): Promise<void> {
  let columns = await columnsOf(sequelize, table);
  if (columns.length === 0 && synchronize) {
    await createSessionTable(sequelize, table);
    columns = await columnsOf(sequelize, table);
  }
  const shown = quotedTable(dialectOf(sequelize), table).replaceAll(/["`]/g, '');
  if (columns.length === 0) {
    throw new SessionsConfigurationError(
      `The table ${shown} does not exist. Run the migration that creates it, or set \`synchronize: true\`.`,
    );
  }
  const missing = Object.keys(COLUMNS).filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    throw new SessionsConfigurationError(
      `The table ${shown} is not a session table of this version: it has no column ${missing.join(', ')}. ` +
        'Set `tableName` to another name, or migrate the table. It was not changed.',
    );
  }
}

/** Names of the table's columns, none where there is no table of the name that statements use. */
async function columnsOf(sequelize: Sequelize, table: TableName): Promise<string[]> {
  const dialect = dialectOf(sequelize);
  const isPostgres = dialect.name === 'postgres';
  const rows = await sequelize.query<{ name: string }>(COLUMNS_OF[dialect.name], {
    ...STATEMENT_OPTIONS,
    bind: { table: isPostgres ? quotedTable(dialect, table) : bareTable(dialect, table) },
    type: QueryTypes.SELECT,
  });
  return rows.map(({ name }) => name);
}

const MYSQL_COLUMNS =
  'SELECT column_name AS name FROM information_schema.columns ' +
  'WHERE table_schema = DATABASE() AND table_name = $table';

const COLUMNS_OF = {
  sqlite: 'SELECT name FROM pragma_table_info($table)',
  postgres:
    'SELECT attname AS name FROM pg_attribute ' +
    'WHERE attrelid = to_regclass($table) AND attnum > 0 AND NOT attisdropped',
  mariadb: MYSQL_COLUMNS,
  mysql: MYSQL_COLUMNS,
};

/** One string a statement; the ones that must not race are one string, which PostgreSQL runs as one transaction. */
function tableStatements(dialect: Dialect, table: TableName, userCollation: string): string[] {
  const name = quotedTable(dialect, table);
  const bare = bareTable(dialect, table);
  const columns = Object.entries(COLUMNS).map(
    ([column, kind]) => `${column} ${columnType(dialect, kind, userCollation)}`,
  );
  const indexes = ['user_id', 'expires_at'].map(
    (column) => [dialect.quote(indexName(bare, column)), column] as const,
  );
  if (dialect.name === 'mariadb' || dialect.name === 'mysql') {
    const keys = indexes.map(([index, column]) => `KEY ${index} (${column})`);
    return [
      `CREATE TABLE IF NOT EXISTS ${name} (${[...columns, ...keys].join(', ')}) ` +
        'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4',
    ];
  }
  const create = [
    `CREATE TABLE IF NOT EXISTS ${name} (${columns.join(', ')})`,
    ...indexes.map(
      ([index, column]) => `CREATE INDEX IF NOT EXISTS ${index} ON ${name} (${column})`,
    ),
  ];
  return dialect.name === 'postgres'
    ? [[`SELECT pg_advisory_xact_lock(${POSTGRES_LOCK})`, ...create].join('; ')]
    : create;
}

/** PostgreSQL cuts a name after 63 characters, which would make one name of the two. */
function indexName(table: string, column: string): string {
  const name = `${table}_${column}`;
  const hash = createHash('sha256').update(table).digest('hex').slice(0, 8);
  return name.length <= 63 ? name : `${table.slice(0, 40)}_${hash}_${column}`;
}

/** Ids and hashes are compared as bytes, user ids too: the default collations take 'a', 'A' and 'á ' for the same. */
function columnType(dialect: Dialect, kind: Kind, userCollation: string): string {
  const ascii = { sqlite: '', postgres: ' COLLATE "C"', mariadb: ASCII, mysql: ASCII }[
    dialect.name
  ];
  const user = {
    sqlite: '',
    postgres: ' COLLATE "C"',
    mariadb: userCollation,
    mysql: userCollation,
  };
  switch (kind) {
    case 'id':
      return `VARCHAR(36)${ascii} NOT NULL PRIMARY KEY`;
    case 'hash':
      return `VARCHAR(43)${ascii} NOT NULL`;
    case 'optional hash':
      return `VARCHAR(43)${ascii} NULL`;
    case 'user':
      return `VARCHAR(255)${user[dialect.name]} NULL`;
    case 'address':
      return 'VARCHAR(45) NULL';
    case 'agent':
      return 'VARCHAR(512) NULL';
    case 'text':
      return dialect.name === 'mariadb' || dialect.name === 'mysql'
        ? 'LONGTEXT NOT NULL'
        : 'TEXT NOT NULL';
    case 'count':
      return 'INTEGER NOT NULL';
    case 'time':
      return 'BIGINT NOT NULL';
    case 'optional time':
      return 'BIGINT NULL';
  }
}

const ASCII = ' CHARACTER SET ascii COLLATE ascii_bin';

/** The collation that compares user ids byte for byte, trailing spaces too; MariaDB and MySQL name it differently. */
async function mysqlUserCollation(sequelize: Sequelize, dialect: Dialect): Promise<string> {
  if (dialect.name !== 'mariadb' && dialect.name !== 'mysql') {
    return '';
  }
  const rows = await sequelize.query<{ version: string }>('SELECT VERSION() AS version', {
    ...STATEMENT_OPTIONS,
    type: QueryTypes.SELECT,
  });
  const isMariaDb = rows[0]?.version.includes('MariaDB') ?? false;
  const collation = isMariaDb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
  return ` CHARACTER SET utf8mb4 COLLATE ${collation}`;
}
