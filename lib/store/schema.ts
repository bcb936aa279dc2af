import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../common/session-error.js';
import { dialectOf, quotedTable, type Dialect, type TableName } from './dialect.js';
import { STATEMENT_OPTIONS } from './statements.js';

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
 * Checks that the table is there with all columns of ours.
 *
 * @throws SessionsConfigurationError where it is missing or is another table.
 */
export async function verifySessionTable(sequelize: Sequelize, table: TableName): Promise<void> {
  const dialect = dialectOf(sequelize);
  const shown = quotedTable(dialect, table).replaceAll(/["`]/g, '');
  const columns = await columnsOf(sequelize, table);
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

async function columnsOf(sequelize: Sequelize, table: TableName): Promise<string[]> {
  const queries = sequelize.getQueryInterface();
  // `useMaster` and the other options of ours are missing from Sequelize's types of these two, not from what they do.
  const options: object = STATEMENT_OPTIONS;
  if (!(await queries.tableExists(table, options))) {
    return [];
  }
  return Object.keys(await queries.describeTable(table as string, options));
}

/** One string a statement; the ones that must not race are one string, which PostgreSQL runs as one transaction. */
function tableStatements(dialect: Dialect, table: TableName, userCollation: string): string[] {
  const name = quotedTable(dialect, table);
  const bare = typeof table === 'string' ? table : table.tableName;
  const columns = Object.entries(COLUMNS).map(
    ([column, kind]) => `${column} ${columnType(dialect, kind, userCollation)}`,
  );
  const indexes = ['user_id', 'expires_at'].map(
    (column) => [dialect.quote(`${bare}_${column}`), column] as const,
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
