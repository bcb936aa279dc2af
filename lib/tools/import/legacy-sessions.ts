import { existsSync } from 'node:fs';
import { QueryTypes, Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { withDriver } from '../database-url.js';
import { isLegacyTable, LEGACY_COLUMNS } from '../../store/table/legacy-table.js';
import { getColumnNames } from '../../store/table/prepare-table.js';
import { requireSqliteFile } from '../sqlite-file.js';
import { openHandle } from '../../store/drivers/sqlite-handles.js';
import type { Parameters } from '../../store/drivers/driver.js';
import { STATEMENT_OPTIONS } from '../../store/drivers/query-options.js';
import { toStoreError } from '../../store/execution/store-error.js';
import { requireUtf8 } from '../../store/table/text-probe.js';

/**
 * One row of the table of `server-sessions` 1.1.1, whose column types SQLite does not enforce: `expire` is in epoch
 * milliseconds, the date as Sequelize writes it, and the data is the JSON of a string that is JSON itself.
 */
export interface LegacyRow {
  readonly id: unknown;
  readonly data: unknown;
  /** Size of `data`; if it exceeds the maximum of `pages`, `data` itself is left out. */
  readonly bytes: number;
  readonly expire: unknown;
}

/** SQLite's flag for a connection that can't write. */
const OPEN_READONLY = 1;

/** Milliseconds to wait for the lock of another process. */
const BUSY_TIMEOUT_MS = 30_000;

/** The sessions in an SQLite file of the package `server-sessions`, which is only read. */
export class LegacySessions {
  readonly #sequelize: Sequelize;

  private constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize;
  }

  /** @throws SessionsConfigurationError if there is no such file, or it is another or in UTF-16 */
  static async open(path: string): Promise<LegacySessions> {
    requireSqliteFile(path);
    const sequelize = withDriver(
      'sqlite3',
      () =>
        new Sequelize({
          dialect: 'sqlite',
          storage: path,
          dialectOptions: { mode: OPEN_READONLY },
          logging: false,
        }),
    );
    const sessions = new LegacySessions(sequelize);
    try {
      await openHandle(sequelize);
      await sessions.#select(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      const columns = await getColumnNames(sequelize, 'Sessions');
      // A column of that name would hide the row numbers, by which the pages are read.
      if (isLegacyTable(columns) && !columns.some((name) => /^rowid$/i.test(name))) {
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
      `${path} has no sessions of the package server-sessions: those are in a table "Sessions" with the columns ` +
        `${LEGACY_COLUMNS.join(', ')}. Give the file of its option storagePath, ./sessions.sqlite by default.`,
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
   */
  async *pages(size: number, maxBytes: number): AsyncGenerator<LegacyRow[], undefined> {
    // A row number is sent and read as a string, because a large one does not fit into a number of JavaScript.
    const sql =
      `SELECT CAST(rowid AS TEXT) AS number, id, CASE WHEN OCTET_LENGTH(data) <= ${maxBytes} THEN data END AS data, ` +
      'COALESCE(OCTET_LENGTH(data), 0) AS bytes, expire ' +
      `FROM "Sessions" WHERE rowid > CAST($after AS INTEGER) ORDER BY rowid LIMIT ${size}`;
    let after = '-9223372036854775808';
    for (;;) {
      const rows = await this.#select(sql, { after });
      if (rows.length === 0) {
        return undefined;
      }
      yield rows as unknown as LegacyRow[];
      after = rows.at(-1)!['number'] as string;
    }
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

function unreadable(path: string): string {
  return existsSync(`${path}-journal`)
    ? `${path} can't be read as it is: the application that wrote it was killed and left ${path}-journal. ` +
        'Start that application and stop it again, so that SQLite repairs the file.'
    : `${path} can't be read as an SQLite database: it is damaged, or another process keeps it locked.`;
}
