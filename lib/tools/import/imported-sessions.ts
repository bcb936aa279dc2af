import { SessionsConfigurationError, SessionStoreError } from '../../common/session-error.js';
import { idLists } from '../../store/queries/id-list.js';
import { derivedName } from '../../store/table/derived-name.js';
import { createWhereMissing, getColumnNames } from '../../store/table/prepare-table.js';
import type { NewSessionRow } from '../../manager/session-row.js';
import type { SessionTable } from '../../store/execution/session-table.js';
import type { Parameters, Statement } from '../../store/drivers/driver.js';
import { oneInTransaction } from '../../store/execution/open-transaction.js';
import { isDuplicateKey, toStoreError } from '../../store/execution/store-error.js';
import { inTransaction } from '../../store/execution/transaction.js';

/** A row that is copied from another store; its client is not known. */
export type ImportedRow = Omit<
  NewSessionRow,
  | 'actorId'
  | 'actorSessionId'
  | 'ipAddress'
  | 'userAgent'
  | 'confirmedAt'
  | 'lifetime'
  | 'endsAt'
  | 'deviceSecret'
>;

/** Maximum number of sessions in one INSERT: each number needs another statement, and every statement is kept. */
const MAX_SESSIONS = 50;

/** Maximum size of the data in one INSERT: depending on its settings, a server refuses a few megabytes. */
const MAX_BYTES = 1024 * 1024;

/** How often a page is tried if another import copies the same sessions at the same time. */
const TRIES = 10;

/**
 * Copies sessions into the table, each at most once even over several imports. A second table keeps the id of each,
 * written in the same transaction, so that a session that was removed since does not come back.
 */
export class ImportedSessions {
  /** Name of the table of ids. */
  readonly logTable: string;
  readonly #table: SessionTable;
  readonly #log: string;
  #tables: readonly string[];

  private constructor(table: SessionTable, logTable: string, hasLog: boolean) {
    this.logTable = logTable;
    this.#table = table;
    this.#log = table.dialect.quote(logTable);
    this.#tables = hasLog ? [table.name, this.#log] : [table.name];
  }

  /** @throws SessionsConfigurationError if another table has the name of the table of ids */
  static async open(table: SessionTable, tableName: string): Promise<ImportedSessions> {
    const logTable = derivedName(tableName, 'imported');
    const columns = await getColumnNames(table.sequelize, logTable);
    if (columns.some((column) => column !== 'id')) {
      throw new SessionsConfigurationError(
        `The table ${logTable} has other columns than id, so it can't list the copied sessions. It was not changed. Rename ` +
          'it, or import into another table with --table.',
      );
    }
    return new ImportedSessions(table, logTable, columns.length > 0);
  }

  /** Creates the table of ids if it is missing; call it before `add`. */
  async prepare(): Promise<void> {
    if (!this.#tables.includes(this.#log)) {
      const sql = `CREATE TABLE IF NOT EXISTS ${this.#log} (id VARCHAR(36) NOT NULL PRIMARY KEY)`;
      await createWhereMissing(this.#table.sequelize, [sql]).catch((error: unknown) => {
        throw toStoreError(error, 'write');
      });
      this.#tables = [this.#table.name, this.#log];
    }
  }

  /** Returns those of the ids that are in the table, or were copied before. */
  async known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const known = new Set<string>();
    for (const { sql, parameters } of idLists(ids)) {
      const found = this.#tables.map((table) => `SELECT id FROM ${table} WHERE id IN (${sql})`);
      const rows = await this.#table.executor.select(found.join(' UNION '), parameters);
      rows.forEach(({ id }) => known.add(id as string));
    }
    return known;
  }

  /**
   * Adds the rows that are not known yet, all or none, and notes their ids.
   *
   * @returns how many it added
   */
  async add(rows: readonly ImportedRow[]): Promise<number> {
    for (let tries = 0; tries < TRIES; tries++) {
      const known = await this.known(rows.map(({ id }) => id));
      const added = rows.filter(({ id }) => !known.has(id));
      try {
        await this.#insert(added);
        return added.length;
      } catch (error) {
        if (!isDuplicateKey(error)) {
          throw error;
        }
      }
    }
    throw new SessionStoreError(
      'Another import is copying the same sessions. Let it finish, then run this one again.',
      { reason: 'rejected' },
    );
  }

  async #insert(rows: readonly ImportedRow[]): Promise<void> {
    if (rows.length === 0) {
      return;
    }
    const { name, dialect, executor } = this.#table;
    const begin = [dialect.name === 'sqlite' ? 'BEGIN IMMEDIATE' : 'START TRANSACTION'];
    const version = oneInTransaction(dialect);
    await executor.exclusively('import', (connection) =>
      inTransaction(connection, { begin }, async () => {
        for (const part of splitRows(rows)) {
          const { sql, parameters } = insertStatement(name, part.map(toColumns), version);
          await connection.count(sql, parameters);
        }
        for (const { sql, parameters, count } of idLists(rows.map(({ id }) => id))) {
          // From the table itself, so that no id is noted whose session a cluster has undone meanwhile.
          const noting = `INSERT INTO ${this.#log} (id) SELECT id FROM ${name} WHERE id IN (${sql})`;
          if ((await connection.count(noting, parameters)) < count) {
            throw new SessionStoreError(
              'The database undid the copy of some sessions, so they were not copied. Run the import again.',
              { reason: 'rejected' },
            );
          }
        }
      }),
    );
  }
}

/** Converts a row to its columns. */
function toColumns(row: ImportedRow): Record<string, string | number | null> {
  return {
    id: row.id,
    secret_hash: row.secretHash,
    user_id: row.userId,
    data: row.data,
    created_at: row.createdAt,
    renewed_at: row.createdAt,
    expires_at: row.expiresAt,
    sweep_after: row.expiresAt,
  };
}

/**
 * Returns one INSERT of new sessions, which all have the same columns.
 *
 * @param version SQL of their version
 */
function insertStatement(
  table: string,
  rows: readonly Readonly<Parameters>[],
  version: string,
): Statement {
  const columns = Object.keys(rows[0]!);
  const parameters: Parameters = {};
  const values = rows.map((row, index) => {
    const names = columns.map((column) => `${column}_${index}`);
    names.forEach((name, position) => (parameters[name] = row[columns[position]!]!));
    return `(${names.map((name) => `$${name}`).join(', ')}, ${version})`;
  });
  const sql = `INSERT INTO ${table} (${columns.join(', ')}, version) VALUES ${values.join(', ')}`;
  return { sql, parameters };
}

/** Splits rows into parts of at most `MAX_SESSIONS` rows and `MAX_BYTES` of data; a larger row is one part. */
function splitRows(rows: readonly ImportedRow[]): ImportedRow[][] {
  const parts: ImportedRow[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    const size = Buffer.byteLength(row.data);
    bytes += size;
    if (bytes > MAX_BYTES || parts.at(-1)!.length === MAX_SESSIONS) {
      parts.push([]);
      bytes = size;
    }
    parts.at(-1)!.push(row);
  }
  return parts;
}
