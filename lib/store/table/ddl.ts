import { createHash } from 'node:crypto';
import { bareTable, quotedTable, type Dialect, type TableName } from '../drivers/dialect.js';

/** The columns in their order, each with the kind of value it holds. */
export const COLUMNS = {
  id: 'id',
  secret_hash: 'hash',
  previous_secret_hash: 'optional hash',
  previous_valid_until: 'optional time',
  rotated_at: 'optional time',
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
  const indexes = ['user_id', 'expires_at'].map(
    (column) => [dialect.quote(indexName(bare, column)), column] as const,
  );
  if (dialect.name === 'mariadb' || dialect.name === 'mysql') {
    const keys = indexes.map(([index, column]) => `KEY ${index} (${column})`);
    return [`${createTable(name, [...columns, ...keys])} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`];
  }
  return [
    createTable(name, columns),
    ...indexes.map(
      ([index, column]) => `CREATE INDEX IF NOT EXISTS ${index}\n  ON ${name} (${column})`,
    ),
  ];
}

/** Columns that a table of an earlier version may lack. If it lacks another, it is not a session table. */
const ADDED = ['rotated_at'] as const;

/** Returns the statement that adds these columns to a table of an earlier version; `undefined` if it is not one. */
export function upgradeStatement(
  dialect: Dialect,
  table: TableName,
  missing: readonly string[],
): string | undefined {
  const added = ADDED.filter((column) => missing.includes(column));
  const clauses = added.map(
    (column) => `ADD COLUMN ${column} ${columnType(dialect, COLUMNS[column])}`,
  );
  return added.length === missing.length
    ? `ALTER TABLE ${quotedTable(dialect, table)} ${clauses.join(', ')}`
    : undefined;
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

/** Returns the name of an index. PostgreSQL truncates it after 63 characters, which could make both names the same. */
function indexName(table: string, column: string): string {
  const name = `${table}_${column}`;
  const hash = createHash('sha256').update(table).digest('hex').slice(0, 8);
  return name.length <= 63 ? name : `${table.slice(0, 40)}_${hash}_${column}`;
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
  }
}
