import type { Sequelize } from 'sequelize';
import { publishLookup } from '../common/diagnostics.js';
import type { NewSessionRow, SessionRow, SessionState } from '../manager/session-row.js';
import type {
  Ending,
  Insertion,
  InsertScope,
  IssuedRow,
  LiveCondition,
  OnEnded,
  RemovedSession,
  SessionPatch,
  SessionStore,
  TokenCredential,
  UpdateConditions,
} from '../manager/session-store.js';
import { AllSessions } from './queries/all-sessions.js';
import { collectEnded } from './queries/endings/collect-ended.js';
import { CreatedSessions } from './queries/endings/created-sessions.js';
import { endWithActing, onAnyConnection } from './queries/endings/end-linked.js';
import { endingParameters, endingSql } from './queries/endings/end-sessions.js';
import { configureSqlite } from './embedded-sqlite.js';
import { checkWithin } from './execution/deadline.js';
import { OldSessions } from './queries/endings/old-sessions.js';
import { SessionLoader } from './queries/lookups/find-sessions.js';
import { prepareSessionTable } from './table/prepare-table.js';
import { serverDialect } from './checks/server-version.js';
import { registerSessionModel } from './table/register-model.js';
import { SurveyedSessions } from './queries/lookups/surveyed-sessions.js';
import { SessionStates } from './queries/lookups/find-states.js';
import { insertActing } from './queries/insert-acting.js';
import { insertSession } from './queries/insert-session.js';
import {
  bindStatement,
  ENDABLE,
  endableParameters,
  updateStatement,
} from './queries/statements.js';
import { SessionTable } from './execution/session-table.js';
import { watchForReplacement } from './checks/replaced-file.js';
import { noteOpenFile } from './checks/one-sqlite.js';
import { startWarnings } from './checks/start-warnings.js';
import { shownSqliteDriver } from './drivers/sqlite/choose-sqlite-driver.js';
import { nodeSqliteOf } from './drivers/node-sqlite/dialect-module.js';
import { closeSqlite } from './drivers/sqlite/sqlite-handles.js';
import type { SessionEntity } from './table/session.entity.js';
import type { ResolvedStoreOptions } from './store.options.js';
import { toStoreError } from './execution/store-error.js';
import { requireCommits } from './checks/require-commits.js';
import { requireExactColumns } from './checks/require-exact-columns.js';
import { probeText } from './checks/text-probe.js';
import { isSameTable } from './table/same-table.js';
import { UserSessions } from './queries/user-sessions.js';

/** Milliseconds that preparing the table may take at start, since other processes may be creating it. */
const START_TIMEOUT_MS = 30_000;

/**
 * The sessions in a database. Each change is one conditional statement, so that the database decides every race.
 * `SessionStore` describes what each method guarantees.
 */
export class SequelizeSessionStore implements SessionStore {
  /** The model of the session table on the store's connection. */
  readonly model: typeof SessionEntity;
  readonly ofUser: UserSessions;
  readonly old: OldSessions;
  readonly created: CreatedSessions;
  readonly surveyed: SurveyedSessions;
  readonly all: AllSessions;
  /** The table itself, for code that counts or copies all sessions. */
  readonly table: SessionTable;
  readonly textLimit: string | undefined;
  readonly #kind: string;
  readonly #lookups: SessionLoader;
  readonly #states: SessionStates;
  readonly #onClose: () => Promise<void>;
  #closing: Promise<void> | undefined;

  private constructor(
    kind: string,
    table: SessionTable,
    model: typeof SessionEntity,
    onClose: () => Promise<void>,
  ) {
    this.#kind = kind;
    this.model = model;
    this.ofUser = new UserSessions(table);
    this.old = new OldSessions(table);
    this.created = new CreatedSessions(table);
    this.surveyed = new SurveyedSessions(table);
    this.all = new AllSessions(table);
    this.table = table;
    this.textLimit = table.textLimit;
    this.#lookups = new SessionLoader(kind, table);
    this.#states = new SessionStates(table);
    this.#onClose = onClose;
  }

  /**
   * Opens the store on a connection: registers the model, creates the table if `synchronize` is true, and checks the table.
   * Also checks that the database commits writes and keeps text unchanged.
   *
   * @param embedded whether the connection is to the embedded database, which the store sets up and closes
   * @param warn gets what the application should know about the database
   * @throws SessionsConfigurationError, SessionStoreError
   */
  static async open(
    sequelize: Sequelize,
    options: ResolvedStoreOptions,
    embedded: boolean,
    warn: (warning: string) => void,
  ): Promise<SequelizeSessionStore> {
    const { model, release } = registerSessionModel(sequelize, options);
    let forgetFile: (() => void) | undefined;
    let stopWatching: (() => void) | undefined;
    const close = async () => {
      release();
      stopWatching?.();
      await (embedded ? closeSqlite(sequelize) : undefined);
      forgetFile?.();
    };
    try {
      if (embedded && options.storagePath !== ':memory:') {
        forgetFile = noteOpenFile(options.storagePath, shownSqliteDriver(nodeSqliteOf(sequelize)));
        stopWatching = watchForReplacement(options.storagePath, warn);
      }
      const handles = embedded ? await configureSqlite(sequelize, options) : undefined;
      const timeout = Math.max(options.timeout, START_TIMEOUT_MS);
      await checkWithin(timeout, () => requireCommits(sequelize));
      const dialect = await checkWithin(timeout, () => serverDialect(sequelize));
      const name = await checkWithin(timeout, () =>
        prepareSessionTable(sequelize, dialect, model.getTableName(), options.synchronize),
      );
      await checkWithin(timeout, () => requireExactColumns(sequelize, dialect, name));
      const textLimit = await probeText(sequelize, dialect, name, timeout);
      if (textLimit !== undefined) {
        warn(textLimit);
      }
      (await startWarnings(sequelize, dialect, name, options.timeout)).forEach(warn);
      const table = new SessionTable(sequelize, dialect, name, options.timeout, handles, textLimit);
      return new SequelizeSessionStore(options.kind, table, model, close);
    } catch (error) {
      await close();
      throw toStoreError(error, 'read');
    }
  }

  insert<Issued extends IssuedRow>(
    issue: (newest: SessionRow | undefined) => Issued,
    scope: InsertScope,
  ): Promise<Insertion<Issued> | undefined> {
    return insertSession(this.table, issue, scope);
  }

  find(id: string): Promise<SessionRow | undefined> {
    return publishLookup(this.#kind, () => this.#lookups.find(id));
  }

  states(
    ids: readonly string[],
    limits: Omit<LiveCondition, 'now'>,
  ): Promise<ReadonlyMap<string, SessionState>> {
    return this.#states.find(ids, limits);
  }

  /** MariaDB does not count a row that stays equal, as after a renewal that adds nothing. */
  async update(
    credential: TokenCredential,
    conditions: UpdateConditions,
    patch: SessionPatch,
  ): Promise<boolean> {
    const { sql, parameters } = updateStatement(this.table, credential, conditions, patch);
    return (await this.table.executor.change(sql, parameters)) > 0;
  }

  async bind(id: string, deviceKey: string, condition: LiveCondition): Promise<boolean> {
    const { sql, parameters } = bindStatement(this.table, id, deviceKey, condition);
    return (await this.table.executor.change(sql, parameters)) > 0;
  }

  /** Every ending changes the row, so MariaDB counts it. */
  remove(
    credential: TokenCredential,
    ending: Ending,
    onEnded?: OnEnded<RemovedSession>,
  ): Promise<RemovedSession[]> {
    const sql = endingSql(this.table, ending, ENDABLE);
    const parameters = endableParameters(credential, ending.now);
    const all = { ...parameters, ...endingParameters(ending) };
    const endUnlinked = async () => {
      const isEnded = (await this.table.executor.change(sql, all)) > 0;
      return isEnded ? [{ id: credential.id, userId: null, actorId: null }] : [];
    };
    const endings = { condition: ENDABLE, parameters, ending, endUnlinked };
    return collectEnded(onEnded, (add) =>
      endWithActing(onAnyConnection(this.table), this.table, endings, 1, add),
    );
  }

  insertActing(
    row: NewSessionRow,
    agent: TokenCredential,
    conditions: UpdateConditions,
    patch: SessionPatch,
  ): Promise<boolean> {
    return insertActing(this.table, row, agent, conditions, patch);
  }

  /** Returns whether this store and another one keep their sessions in one table. */
  isSameTable(other: SequelizeSessionStore): Promise<boolean> {
    return isSameTable(this.table, other.table);
  }

  close(): Promise<void> {
    this.#closing ??= this.table.executor.close().then(this.#onClose);
    return this.#closing;
  }
}
