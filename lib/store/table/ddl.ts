import { bareTable, quotedTable, type Dialect, type TableName } from '../drivers/dialect.js';
import { derivedName } from './derived-name.js';

/**
 * The columns in their order, each with the kind of value it holds. docs/databases.md describes each column.
 */
export const COLUMNS = {
  id: 'id',
  secret_hash: 'hash',
  previous_secret_hash: 'optional hash',
  previous_valid_until: 'optional time',
  rotated_at: 'optional time',
  user_id: 'user',
  actor_id: 'user',
  actor_session_id: 'optional id',
  data: 'text',
  version: 'count',
  ip_address: 'address',
  user_agent: 'agent',
  created_at: 'time',
  renewed_at: 'time',
  confirmed_at: 'optional time',
  lifetime: 'optional time',
  ends_at: 'optional time',
  expires_at: 'time',
  sweep_after: 'hint',
  end_reason: 'reason',
  device_secret: 'device',
  device_key: 'device',
} as const;

type Kind = (typeof COLUMNS)[keyof typeof COLUMNS];

/**
 * Returns the statements that create the table and its indexes if they are missing, one line per column. The dialect is
 * that of the server, since the collations of MariaDB and MySQL differ. See docs/adr/0003-ddl-per-dialect.md.
 */
export function tableStatements(dialect: Dialect, table: TableName): string[] {
  const name = quotedTable(dialect, table);
  const bare = bareTable(dialect, table);
  const columns = Object.entries(COLUMNS).map(
    ([column, kind]) => `${column} ${columnType(dialect, kind)}`,
  );
  if (dialect.name === 'mariadb' || dialect.name === 'mysql') {
    const keys = indexesOf(dialect, bare).map(([index, list]) => `KEY ${index} (${list})`);
    return [`${createTable(name, [...columns, ...keys])} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`];
  }
  // The free part of each page takes the next version of a row, without a new entry in any index.
  const storage = dialect.name === 'postgres' ? ' WITH (fillfactor = 85)' : '';
  return [
    `${createTable(name, columns)}${storage}`,
    ...indexesOf(dialect, bare).map(
      ([index, list]) => `CREATE INDEX IF NOT EXISTS ${index}\n  ON ${name} (${list})`,
    ),
  ];
}

/** Columns of a table of the first version. If one is missing, it is not a session table. */
const FIRST: ReadonlySet<string> = new Set([
  'id',
  'secret_hash',
  'previous_secret_hash',
  'previous_valid_until',
  'user_id',
  'data',
  'version',
  'ip_address',
  'user_agent',
  'created_at',
  'renewed_at',
  'expires_at',
]);

/**
 * Returns the statements that bring a table of an earlier version up to date; none if it is not one. Processes of that
 * version can use the table during the upgrade and after it.
 */
export function upgradeStatements(
  dialect: Dialect,
  table: TableName,
  missing: readonly string[],
): string[] {
  if (missing.some((column) => FIRST.has(column))) {
    return [];
  }
  const name = quotedTable(dialect, table);
  const columns = Object.entries(COLUMNS).filter(([column]) => missing.includes(column));
  const clauses = columns.map(
    ([column, kind]) => `ADD COLUMN ${column} ${columnType(dialect, kind)}`,
  );
  // SQLite adds one column in a statement.
  const additions = dialect.name === 'sqlite' ? clauses : [clauses.join(', ')];
  return [
    ...additions.map((addition) => `ALTER TABLE ${name} ${addition}`),
    ...(missing.includes('sweep_after') ? Object.values(indexStatements(dialect, table)) : []),
  ];
}

/** Returns the statement that restores the type of columns on MariaDB or MySQL, or of text columns on PostgreSQL. */
export function retypeStatement(
  dialect: Dialect,
  table: TableName,
  columns: readonly (keyof typeof COLUMNS)[],
): string {
  const clauses = columns.map((column) => {
    const type = columnType(dialect, COLUMNS[column]).replace(' PRIMARY KEY', '');
    return dialect.name === 'postgres'
      ? `ALTER COLUMN ${column} TYPE ${type.replace(/ (?:NOT )?NULL$/, '')}`
      : `MODIFY ${column} ${type}`;
  });
  return `ALTER TABLE ${quotedTable(dialect, table)} ${clauses.join(', ')}`;
}

function createTable(name: string, definitions: readonly string[]): string {
  return `CREATE TABLE IF NOT EXISTS ${name} (\n  ${definitions.join(',\n  ')}\n)`;
}

/** The columns of each index, by the end of its name: a user's live sessions by age, and what may have expired. */
export const INDEXES = { by_user: 'user_id, end_reason, created_at, id', by_sweep: 'sweep_after' };

export type IndexName = keyof typeof INDEXES;

/** Returns the statement that creates each index, for an existing table. */
export function indexStatements(
  dialect: Dialect,
  table: TableName,
): Readonly<Record<IndexName, string>> {
  const name = quotedTable(dialect, table);
  const statements = indexesOf(dialect, bareTable(dialect, table)).map(
    ([index, columns]) => `CREATE INDEX ${index} ON ${name} (${columns})`,
  );
  return { by_user: statements[0]!, by_sweep: statements[1]! };
}

/** Returns the name of each index, quoted, and its columns. */
function indexesOf(dialect: Dialect, table: string): (readonly [name: string, columns: string])[] {
  return Object.entries(INDEXES).map(([suffix, columns]) => [
    dialect.quote(derivedName(table, suffix)),
    columns,
  ]);
}

const ASCII = ' CHARACTER SET ascii COLLATE ascii_bin';

/** Collations of ids and hashes. */
const ASCII_COLLATION = { sqlite: '', postgres: ' COLLATE "C"', mariadb: ASCII, mysql: ASCII };

/** Collations of user ids, which also compare trailing spaces. MariaDB and MySQL name theirs differently. */
const USER_COLLATION = {
  sqlite: '',
  postgres: ' COLLATE "C"',
  mariadb: ' CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
  mysql: ' CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin',
};

const TEXT = { sqlite: 'TEXT', postgres: 'TEXT', mariadb: 'LONGTEXT', mysql: 'LONGTEXT' };

/** Returns a column's type. Ids and hashes are compared as bytes: default collations treat 'a', 'A' and 'á ' as equal. */
function columnType({ name }: Dialect, kind: Kind): string {
  switch (kind) {
    case 'id':
      return `VARCHAR(36)${ASCII_COLLATION[name]} NOT NULL PRIMARY KEY`;
    case 'optional id':
      return `VARCHAR(36)${ASCII_COLLATION[name]} NULL`;
    case 'hash':
      return `VARCHAR(43)${ASCII_COLLATION[name]} NOT NULL`;
    case 'optional hash':
      return `VARCHAR(43)${ASCII_COLLATION[name]} NULL`;
    case 'user':
      return `VARCHAR(255)${USER_COLLATION[name]} NULL`;
    case 'address':
      return 'VARCHAR(45) NULL';
    case 'agent':
      return 'VARCHAR(512) NULL';
    case 'text':
      return `${TEXT[name]} NOT NULL`;
    case 'count':
      return 'INTEGER NOT NULL';
    case 'time':
      return 'BIGINT NOT NULL';
    case 'optional time':
      return 'BIGINT NULL';
    case 'hint':
      return 'BIGINT NOT NULL DEFAULT 0';
    case 'reason':
      return `VARCHAR(32)${ASCII_COLLATION[name]} NOT NULL DEFAULT ''`;
    case 'device':
      return `VARCHAR(255)${ASCII_COLLATION[name]} NULL`;
  }
}
