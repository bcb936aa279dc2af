import type { Sequelize } from 'sequelize';
import { configureSqlite } from './embedded-sqlite.js';
import { withDeadline } from './execution/deadline.js';
import { ExpiredSessions } from './queries/expired-sessions.js';
import { SessionLoader } from './queries/find-sessions.js';
import { prepareSessionTable } from './table/prepare-table.js';
import { registerSessionModel } from './table/register-model.js';
import {
  insertSession,
  type Insertion,
  type IssuedRow,
  type InsertScope,
} from './queries/insert-session.js';
import {
  endableAt,
  deleteSql,
  updateStatement,
  type SessionPatch,
  type TokenCredential,
  type UpdateConditions,
} from './queries/statements.js';
import type { SessionRow } from './table/session-row.js';
import { SessionTable } from './execution/session-table.js';
import { closeSqlite } from './drivers/sqlite-handles.js';
import type { SessionEntity } from './table/session.entity.js';
import type { ResolvedStoreOptions } from './store.options.js';
import { toStoreError } from './execution/store-error.js';
import { requireExactColumns } from './table/require-exact-columns.js';
import { probeText } from './table/text-probe.js';
import { UserSessions } from './queries/user-sessions.js';

/** Milliseconds that the table may take at start, where other processes may be creating it. */
const START_DEADLINE = 30_000;

/**
 * The sessions in the database. Whoever acts by token proves it in the statement, and each change is one conditional
 * statement, so that the database decides every race and a late write revives nothing.
 */
export class SequelizeSessionStore {
  /** The model of the session table on the store's connection. */
  readonly model: typeof SessionEntity;
  /** Acts on all sessions of one user. */
  readonly ofUser: UserSessions;
  /** Acts on sessions that have expired. */
  readonly expired: ExpiredSessions;
  /** The table itself, for who counts or copies whole tables. */
  readonly table: SessionTable;
  /** Why the database can't hold all text, to be told at start; `undefined` where it can. */
  readonly textLimit: string | undefined;
  readonly #lookups: SessionLoader;
  readonly #onClose: () => Promise<void>;
  #closing: Promise<void> | undefined;

  private constructor(
    table: SessionTable,
    model: typeof SessionEntity,
    onClose: () => Promise<void>,
  ) {
    this.model = model;
    this.ofUser = new UserSessions(table);
    this.expired = new ExpiredSessions(table);
    this.table = table;
    this.textLimit = table.textLimit;
    this.#lookups = new SessionLoader(table);
    this.#onClose = onClose;
  }

  /**
   * Opens the store on a connection: registers the model, creates the table where that is asked for, and checks
   * the table and how text gets there.
   *
   * @param embedded whether the connection is to the embedded database, which the store sets up and closes
   * @throws SessionsConfigurationError, SessionStoreError
   */
  static async open(
    sequelize: Sequelize,
    options: ResolvedStoreOptions,
    embedded: boolean,
  ): Promise<SequelizeSessionStore> {
    const { model, release } = registerSessionModel(sequelize, options.tableName);
    const close = async () => {
      release();
      await (embedded ? closeSqlite(sequelize) : undefined);
    };
    try {
      const handles = embedded ? await configureSqlite(sequelize, options) : undefined;
      const timeout = Math.max(options.timeout, START_DEADLINE);
      const name = await withDeadline(timeout, () =>
        prepareSessionTable(sequelize, model.getTableName(), options.synchronize),
      );
      await withDeadline(timeout, () => requireExactColumns(sequelize, name));
      const textLimit = await probeText(sequelize, name, timeout);
      const table = new SessionTable(sequelize, name, options.timeout, handles, textLimit);
      return new SequelizeSessionStore(table, model, close);
    } catch (error) {
      await close();
      throw toStoreError(error);
    }
  }

  /**
   * Adds a row in the place of others, all or nothing; `undefined` where its id is taken, and then nothing is changed.
   *
   * @throws SessionLimitError
   */
  insert<Issued extends IssuedRow>(
    issue: () => Issued,
    place: InsertScope,
  ): Promise<Insertion<Issued> | undefined> {
    return insertSession(this.table, issue, place);
  }

  /** The row of this id, live or not, whoever asks: the caller checks the secret. */
  find(id: string): Promise<SessionRow | undefined> {
    return this.#lookups.find(id);
  }

  /**
   * Changes or renews a session in one statement; `false` where the proof or a condition did not hold, or where a
   * renewal had nothing to add (MariaDB counts no row that it leaves equal).
   */
  async update(
    proof: TokenCredential,
    conditions: UpdateConditions,
    change: SessionPatch,
  ): Promise<boolean> {
    const { sql, parameters } = updateStatement(this.table, proof, conditions, change);
    return (await this.table.statements.change(sql, parameters)) > 0;
  }

  /** Deletes the session, also by a secret that was replaced a short time ago; returns whether there was one. */
  async remove(proof: TokenCredential, now: number): Promise<boolean> {
    const sql = deleteSql(this.table);
    return (await this.table.statements.change(sql, endableAt(proof, now))) > 0;
  }

  /** Refuses every later call and frees what was made for this store alone. */
  close(): Promise<void> {
    this.#closing ??= this.table.statements.close().then(this.#onClose);
    return this.#closing;
  }
}
