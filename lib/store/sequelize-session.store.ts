import type { Sequelize } from 'sequelize';
import { dialectOf, quotedTable, type Dialect } from './dialect.js';
import { configureSqlite } from './embedded-sqlite.js';
import { registerSessionModel } from './session-model.js';
import { createSessionTable, verifySessionTable } from './session-table.js';
import type { SessionEntity } from './session.entity.js';
import { rowFrom, type NewSessionRow, type SessionRow } from './session-row.js';
import { Statements, type Parameters } from './statements.js';
import type { ResolvedStoreOptions } from './store.options.js';
import { isDuplicateKey, storeError } from './store-error.js';

/** Who acts on a session: its id and the hash of the secret that proves the right to. */
export interface SessionProof {
  readonly id: string;
  readonly secretHash: string;
}

/** What must hold at the moment of an UPDATE, besides the proof. */
export interface UpdateConditions {
  readonly now: number;
  /** Milliseconds after its creation at which no session lives any more. */
  readonly absoluteTimeout: number;
  /** `true`: the session may have expired, as long as it is within `absoluteTimeout`. */
  readonly allowExpired?: boolean;
  /** The version that the change was made from. */
  readonly version?: number;
  /** Who owns the session. */
  readonly owner?: string;
  /** The least, in milliseconds, that the renewal must add to the expiry. */
  readonly leastGain?: number;
}

/** What an UPDATE sets. It always renews: the expiry moves to `renewUntil`, never back and never past the absolute limit. */
export interface SessionChange {
  readonly renewUntil: number;
  readonly data?: string;
  /** `undefined` keeps the owner, `null` clears it. */
  readonly userId?: string | null | undefined;
}

/** What the store may do with its connection. */
export interface StoreConnection {
  /** Whether it is to the embedded SQLite database, which is set up here. */
  readonly embedded: boolean;
  /** Whether it was opened for this store alone. */
  readonly closeWithStore: boolean;
}

/** Most ids in one `IN (…)`: MariaDB makes a temporary table of a thousand, and each length is a statement of its own. */
const IDS_PER_DELETE = 512;

/**
 * All SQL that acts on sessions. Whoever acts by token proves it in the statement, and each change is one conditional
 * statement, so that the database decides every race and a late write revives nothing.
 */
export class SequelizeSessionStore {
  /** The model of the session table on the store's connection. */
  readonly model: typeof SessionEntity;
  readonly #dialect: Dialect;
  readonly #table: string;
  readonly #statements: Statements;
  readonly #onClose: () => Promise<void>;
  #closing: Promise<void> | undefined;

  private constructor(
    sequelize: Sequelize,
    model: typeof SessionEntity,
    timeout: number,
    onClose: () => Promise<void>,
  ) {
    this.model = model;
    this.#dialect = dialectOf(sequelize);
    this.#table = quotedTable(this.#dialect, model.getTableName());
    this.#statements = new Statements(sequelize, timeout);
    this.#onClose = onClose;
  }

  /**
   * Opens the store on a connection: registers the model, creates the table where that is asked for, and checks it.
   *
   * @throws SessionsConfigurationError, SessionStoreError
   */
  static async open(
    sequelize: Sequelize,
    options: ResolvedStoreOptions,
    connection: StoreConnection,
  ): Promise<SequelizeSessionStore> {
    const { model, release } = registerSessionModel(sequelize, options.tableName);
    const close = async () => {
      release();
      await (connection.closeWithStore ? sequelize.close() : undefined);
    };
    try {
      if (connection.embedded) {
        await configureSqlite(sequelize, options);
      }
      if (options.synchronize) {
        await createSessionTable(sequelize, model.getTableName());
      }
      await verifySessionTable(sequelize, model.getTableName());
      return new SequelizeSessionStore(sequelize, model, options.timeout, close);
    } catch (error) {
      await close();
      throw storeError(error);
    }
  }

  /** Adds a row; `false` where its id is taken, and then nothing is changed. */
  async insert(row: NewSessionRow): Promise<boolean> {
    try {
      await this.#statements.change(
        `INSERT INTO ${this.#table} (id, secret_hash, user_id, data, version, ip_address, user_agent, ` +
          'created_at, renewed_at, expires_at) VALUES ($id, $secretHash, $userId, $data, 1, $ipAddress, ' +
          '$userAgent, $createdAt, $createdAt, $expiresAt)',
        { ...row },
      );
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) {
        return false;
      }
      throw error;
    }
  }

  /** The row of this id, live or not, whoever asks: the caller checks the secret. */
  async find(id: string): Promise<SessionRow | undefined> {
    const [columns] = await this.#statements.select(`SELECT * FROM ${this.#table} WHERE id = $id`, {
      id,
    });
    return columns && rowFrom(columns);
  }

  /**
   * Changes or renews a session in one statement; `false` where the proof or a condition did not hold, or where a
   * renewal had nothing to add (MariaDB counts no row that it leaves equal).
   */
  async update(
    { id, secretHash }: SessionProof,
    conditions: UpdateConditions,
    { renewUntil, data, userId }: SessionChange,
  ): Promise<boolean> {
    const { now, absoluteTimeout, allowExpired = false } = conditions;
    const { greatest, least } = this.#dialect;
    const renewed = `${least}($renewUntil, created_at + $absoluteTimeout)`;
    const set = ['renewed_at = $now', `expires_at = ${greatest}(expires_at, ${renewed})`];
    const where = ['id = $id', 'secret_hash = $secretHash', 'created_at > $createdAfter'];
    const parameters: Parameters = { id, secretHash, now, absoluteTimeout, renewUntil };
    parameters['createdAfter'] = now - absoluteTimeout;
    if (data !== undefined) {
      set.push('data = $data', 'version = version + 1');
      parameters['data'] = data;
    }
    if (userId !== undefined) {
      set.push('user_id = $userId');
      parameters['userId'] = userId;
    }
    if (!allowExpired) {
      where.push('expires_at > $now');
    }
    if (conditions.version !== undefined) {
      where.push('version = $version');
      parameters['version'] = conditions.version;
    }
    if (conditions.owner !== undefined) {
      where.push('user_id = $owner');
      parameters['owner'] = conditions.owner;
    }
    if (conditions.leastGain !== undefined) {
      where.push(`expires_at <= ${renewed} - $leastGain`);
      parameters['leastGain'] = conditions.leastGain;
    }
    const sql = `UPDATE ${this.#table} SET ${set.join(', ')} WHERE ${where.join(' AND ')}`;
    return (await this.#statements.change(sql, parameters)) > 0;
  }

  /** Deletes the session, also by the secret that the latest rotation replaced. */
  async remove({ id, secretHash }: SessionProof): Promise<boolean> {
    const removed = await this.#statements.change(
      `DELETE FROM ${this.#table} ` +
        'WHERE id = $id AND (secret_hash = $secretHash OR previous_secret_hash = $secretHash)',
      { id, secretHash },
    );
    return removed > 0;
  }

  /** Ids of at most `limit` sessions that had expired at `time`, the longest expired first. */
  async findExpired(time: number, limit: number): Promise<string[]> {
    const rows = await this.#statements.select(
      `SELECT id FROM ${this.#table} WHERE expires_at <= $time ORDER BY expires_at LIMIT ${limit}`,
      { time },
    );
    return rows.map((row) => row['id'] as string);
  }

  /** Deletes those of the sessions that had expired at `time`, as they are at this moment; returns how many. */
  async removeExpired(ids: readonly string[], time: number): Promise<number> {
    let removed = 0;
    const sorted = ids.toSorted();
    for (let start = 0; start < sorted.length; start += IDS_PER_DELETE) {
      const { list, parameters } = idList(sorted.slice(start, start + IDS_PER_DELETE));
      removed += await this.#statements.change(
        `DELETE FROM ${this.#table} WHERE id IN (${list}) AND expires_at <= $time`,
        { ...parameters, time },
      );
    }
    return removed;
  }

  /** Refuses every later call and frees what was made for this store alone. */
  close(): Promise<void> {
    this.#statements.close();
    this.#closing ??= this.#onClose();
    return this.#closing;
  }
}

/** Parameters for a list of ids, filled up to a power of two with the last, since each length is prepared anew. */
function idList(ids: readonly string[]): { list: string; parameters: Parameters } {
  const parameters: Parameters = {};
  const length = 2 ** Math.ceil(Math.log2(ids.length));
  for (let index = 0; index < length; index++) {
    parameters[`id${index}`] = ids[Math.min(index, ids.length - 1)]!;
  }
  return {
    list: Object.keys(parameters)
      .map((name) => `$${name}`)
      .join(', '),
    parameters,
  };
}
