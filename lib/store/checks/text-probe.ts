import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { Dialect, TableName } from '../drivers/dialect.js';
import type { Columns, Connection, Parameters } from '../drivers/driver.js';
import { ConnectionPool } from '../execution/connection-pool.js';
import { checkWithin, withDeadline } from '../execution/deadline.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';
import { createDriver } from '../execution/executor.js';
import { catalogParameters, IS_MYSQL_TABLE } from '../table/locate-table.js';
import { getCode } from '../execution/store-error.js';

const ASCII = String.fromCharCode(...Array.from({ length: 95 }, (_, at) => 0x20 + at));

/**
 * Characters that charsets lose in different ways: a combining one, some of only latin1 and only cp1252, two whose low
 * bytes are `"` and `a`, two that EUC_JP treats as one, Cyrillic, Japanese, a ligature, and one of each higher plane.
 */
const TEXT = [
  ASCII,
  'e\u0301é\u0080\u00a6\uffe4\u20ac\u0122\u0161\u0436\u3042\u6f22\ufb01\uffff',
  ...Array.from({ length: 16 }, (_, at) => String.fromCodePoint(((at + 1) << 16) | 0xf600)),
].join('');

/** The text that each column must hold: data is JSON in ASCII. */
const COLUMN_TEXTS = new Map([
  ['user_id', TEXT],
  ['ip_address', TEXT],
  ['user_agent', TEXT],
  ['data', ASCII],
]);

const CHANGED = 'The database or its driver changes text, so two user ids can become one';

/**
 * Sends text to the database and back, in the same way as statements of sessions, and compares both sides. It writes
 * nothing. It tests one connection; other connections of the pool may be set up differently.
 *
 * @param dialect the dialect of the server
 * @param timeout milliseconds that it may take
 * @returns why the database can't hold all text; `undefined` if it can
 * @throws SessionsConfigurationError if the database receives or returns other text than was sent
 */
export async function probeText(
  sequelize: Sequelize,
  dialect: Dialect,
  name: TableName,
  timeout: number,
): Promise<string | undefined> {
  if (dialect.name === 'sqlite') {
    await checkWithin(timeout, () => requireUtf8(sequelize, 'the SQLite database'));
    return undefined;
  }
  const pool = new ConnectionPool(sequelize, createDriver(sequelize, dialect, false, true));
  try {
    return await withDeadline(timeout, 'read', (deadline) =>
      pool.use(deadline, (connection) =>
        dialect.name === 'postgres'
          ? probePostgres(connection)
          : probeMysql(connection, catalogParameters(dialect, name)),
      ),
    );
  } finally {
    await pool.close();
  }
}

/**
 * Statements and results are in UTF-8. A database in UTF-16 converts them, and makes U+FFFD of U+FFFE and U+FFFF.
 *
 * @param what names the database
 * @throws SessionsConfigurationError if the SQLite database keeps text in UTF-16
 */
export async function requireUtf8(sequelize: Sequelize, what: string): Promise<void> {
  const [row] = await sequelize.query<{ encoding: string }>('PRAGMA encoding', {
    ...STATEMENT_OPTIONS,
    type: QueryTypes.SELECT,
  });
  const { encoding } = row!;
  if (encoding !== 'UTF-8') {
    throw new SessionsConfigurationError(
      `${CHANGED}: ${what} is in ${encoding}. In this encoding SQLite replaces U+FFFE and U+FFFF, and it can't change ` +
        'the encoding of an existing database. Use a new database, or copy all tables to a new database. A new database ' +
        'is in UTF-8 unless `PRAGMA encoding` sets another encoding.',
    );
  }
}

async function probePostgres(connection: Connection): Promise<string | undefined> {
  const { client, server } = await row(
    connection,
    "SELECT current_setting('client_encoding') AS client, current_setting('server_encoding') AS server",
  );
  const sql =
    "SELECT $text::text AS text, encode(convert_to($text, 'UTF8'), 'hex') AS bytes, char_length($text) AS length";
  const found = await row(connection, sql, { text: TEXT }).catch(
    (error: unknown): Columns | undefined => {
      if (getCode(error) === UNTRANSLATABLE) {
        return undefined;
      }
      if (getCode(error) === INVALID_BYTES) {
        return {};
      }
      throw error;
    },
  );
  if (found && !isSame(TEXT, found)) {
    throw new SessionsConfigurationError(
      `${CHANGED}: client_encoding of the connection is ${String(client)}, and the driver sends UTF-8. ` +
        'Leave client_encoding as the driver sets it, or SET client_encoding TO UTF8.',
    );
  }
  // In SQL_ASCII each byte counts as a character.
  return found && Number(found['length']) === Array.from(TEXT).length
    ? undefined
    : `The encoding of the session database is ${String(server)}, which can't hold all text. Session data is not affected. ` +
        'A user id that does not fit the encoding is refused with SessionDataError, and a user agent is stored in ASCII. ' +
        'A database in UTF8 has no such limits.';
}

/** PostgreSQL's codes for a character that an encoding lacks, and for bytes that are not a character in it. */
const UNTRANSLATABLE = '22P05';
const INVALID_BYTES = '22021';

/** The number of MySQL's error for a parameter with a character that a charset lacks. MariaDB replaces the character. */
const IMPOSSIBLE_CONVERSION = 3988;

async function probeMysql(connection: Connection, table: Parameters): Promise<undefined> {
  const columns = await connection.rows(
    "SELECT column_name AS name, COALESCE(character_set_name, 'binary') AS charset " +
      `FROM information_schema.columns WHERE ${IS_MYSQL_TABLE} ` +
      `AND column_name IN ('${[...COLUMN_TEXTS.keys()].join("', '")}')`,
    table,
  );
  for (const { name: column, charset } of columns) {
    const text = COLUMN_TEXTS.get(String(column))!;
    const stored = `CONVERT($text USING ${String(charset)})`;
    const sql = `SELECT ${stored} AS text, HEX(CONVERT(${stored} USING utf8mb4)) AS bytes`;
    const found = await row(connection, sql, { text }).catch((error: unknown): Columns => {
      if ((error as { errno?: unknown }).errno === IMPOSSIBLE_CONVERSION) {
        return {};
      }
      throw error;
    });
    if (!isSame(text, found)) {
      throw new SessionsConfigurationError(
        `${CHANGED}: ${await mysqlReason(connection, { column, charset })}`,
      );
    }
  }
}

async function mysqlReason(connection: Connection, { column, charset }: Columns): Promise<string> {
  const settings = await row(
    connection,
    'SELECT @@character_set_client, @@character_set_connection, @@character_set_results',
  );
  const other = Object.values(settings)
    .map(String)
    .find((name) => name !== 'utf8mb4');
  return other === undefined
    ? `the charset of the column ${String(column)} is ${String(charset)}, which lacks characters. Give it the type ` +
        'of the migration (npx nestjs-server-sessions migration).'
    : `the charset of the connection is ${other}, and only utf8mb4 has every character. ` +
        "Set `dialectOptions: { charset: 'utf8mb4' }` on the connection, and set no other charset with SET.";
}

/** Returns whether both sides have the text that was sent. */
function isSame(sent: string, { text, bytes }: Columns): boolean {
  return text === sent && String(bytes).toLowerCase() === Buffer.from(sent).toString('hex');
}

async function row(connection: Connection, sql: string, parameters?: Parameters): Promise<Columns> {
  return (await connection.rows(sql, parameters))[0]!;
}
