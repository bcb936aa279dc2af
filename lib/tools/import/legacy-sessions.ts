import { existsSync } from 'node:fs';
import { QueryTypes, Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { chooseSqliteDriver } from '../../store/drivers/sqlite/choose-sqlite-driver.js';
import { isLegacyTable, LEGACY_COLUMNS } from '../../store/table/legacy-table.js';
import { getColumnNames } from '../../store/table/prepare-table.js';
import { requireSqliteFile } from '../sqlite-file.js';
import { openHandle } from '../../store/drivers/sqlite/sqlite-handles.js';
import type { Parameters } from '../../store/drivers/driver.js';
import { STATEMENT_OPTIONS } from '../../store/drivers/query-options.js';
import { toStoreError } from '../../store/execution/store-error.js';
import { requireUtf8 } from '../../store/checks/text-probe.js';

/**
 * One row of the table of `server-sessions` 1.1.1. `expire` is in epoch milliseconds, and `data` is the JSON of a string
 * that is JSON itself. But SQLite does not enforce the types of columns.
 */
export interface LegacyRow {
  /** `null` if it is longer than an id. */
  readonly id: unknown;
  readonly data: unknown;
  /** Size of `data`; if it exceeds the maximum of `pages`, `data` itself is left out. */
  readonly bytes: number;
  /** `null` if it is longer than a number. */
  readonly expire: unknown;
}

/** SQLite's flag for a connection that can't write. */
const OPEN_READONLY = 1;

/** Milliseconds to wait for the lock of another process. */
const BUSY_TIMEOUT_MS = 30_000;

/** Maximum bytes of an id and of an expiry to read. Both are shorter, and a longer value is not valid. */
const MAX_VALUE_BYTES = 64;

/** The sessions in an SQLite file of the package `server-sessions`, which is only read. */
export class LegacySessions {
  readonly #sequelize: Sequelize;
  readonly #path: string;

  private constructor(sequelize: Sequelize, path: string) {
    this.#sequelize = sequelize;
    this.#path = path;
  }

  /** @throws SessionsConfigurationError if there is no such file, or it has no such sessions, or is in UTF-16 */
  static async open(path: string): Promise<LegacySessions> {
    requireSqliteFile(path);
    const sequelize = new Sequelize({
      ...chooseSqliteDriver(undefined, BUSY_TIMEOUT_MS),
      storage: path,
      dialectOptions: { mode: OPEN_READONLY },
      logging: false,
    });
    const sessions = new LegacySessions(sequelize, path);
    try {
      await openHandle(sequelize);
      await sessions.#select(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      const columns = await getColumnNames(sequelize, 'Sessions');
      if (isLegacyTable(columns) && (await sessions.#hasRowNumbers(columns))) {
        await requireUtf8(sequelize, path);
        return sessions;
      }
    } catch (error) {
      await sessions.close();
      throw error instanceof SessionsConfigurationError
        ? error
        : new SessionsConfigurationError(unreadable(path), { cause: toStoreError(error, 'read') });
    }
    await sessions.close();
    throw new SessionsConfigurationError(
      `${path} has no sessions of the package server-sessions. They would be in a table "Sessions" with row numbers and the columns ` +
        `${LEGACY_COLUMNS.join(', ')}. Give the file that its option storagePath names, by default ./sessions.sqlite.`,
    );
  }

  /** Returns the number of sessions, including expired ones. */
  async count(): Promise<number> {
    const [row] = await this.#select('SELECT COUNT(*) AS count FROM "Sessions"');
    return Number(row?.['count']);
  }

  /**
   * Yields all sessions in the order of their rows, in pages of `size` sessions. Between two pages the file is not locked.
   *
   * @param maxBytes maximum bytes of `data`. Longer data is not read, because it is not copied
   * @throws SessionsConfigurationError if the rows are not in order, as in a damaged file, which could be read without end
   */
  async *pages(size: number, maxBytes: number): AsyncGenerator<LegacyRow[], undefined> {
    // A row number is sent and read as a string, because a large one does not fit into a number of JavaScript.
    const sql =
      `SELECT CAST(rowid AS TEXT) AS number, ${limited('id', MAX_VALUE_BYTES)}, ${limited('data', maxBytes)}, ` +
      `COALESCE(OCTET_LENGTH(data), 0) AS bytes, ${limited('expire', MAX_VALUE_BYTES)} ` +
      `FROM "Sessions" WHERE rowid > CAST($after AS INTEGER) ORDER BY rowid LIMIT ${size}`;
    let after = '-9223372036854775808';
    for (;;) {
      const rows = await this.#select(sql, { after });
      if (rows.length === 0) {
        return undefined;
      }
      const last = rows.at(-1)!['number'] as string;
      if (BigInt(last) <= BigInt(after)) {
        throw new SessionsConfigurationError(unreadable(this.#path));
      }
      yield rows as unknown as LegacyRow[];
      after = last;
    }
  }

  /** A column `rowid` hides the row numbers, by which the pages are read, and a table WITHOUT ROWID has none. */
  async #hasRowNumbers(columns: readonly string[]): Promise<boolean> {
    const [table] = await this.#select("SELECT wr FROM pragma_table_list('Sessions')");
    return Number(table?.['wr']) === 0 && !columns.some((name) => /^rowid$/i.test(name));
  }

  async close(): Promise<void> {
    await this.#sequelize.close();
  }

  async #select(sql: string, bind: Parameters = {}): Promise<Record<string, unknown>[]> {
    try {
      const options = { ...STATEMENT_OPTIONS, bind, type: QueryTypes.SELECT } as const;
      return await this.#sequelize.query(sql, options);
    } catch (error) {
      throw toStoreError(error, 'read');
    }
  }
}

/** Returns the SQL of a column, `NULL` if it is too long to be read. */
function limited(column: string, maxBytes: number): string {
  return `CASE WHEN OCTET_LENGTH(${column}) <= ${maxBytes} THEN ${column} END AS ${column}`;
}

function unreadable(path: string): string {
  return existsSync(`${path}-journal`)
    ? `${path} can't be read, because there is ${path}-journal: the application that writes the file still runs, or it ` +
        'was killed. Stop it. If it does not run, start it and stop it again, so that SQLite repairs the file.'
    : `${path} can't be read as an SQLite database: it is damaged, or another process keeps it locked.`;
}
