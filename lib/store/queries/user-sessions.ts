import type { EndedOverview, SessionOverview } from '../../manager/session-row.js';
import type {
  DeletedSession,
  Ending,
  LiveCondition,
  OnEnded,
  Page,
  RemovedSession,
  Surplus,
  UserSessionLimit,
} from '../../manager/session-store.js';
import { collectEnded } from './endings/collect-ended.js';
import { deleteReturning } from './endings/delete-returning.js';
import { endAll, endWithActing, onAnyConnection } from './endings/end-linked.js';
import { endingParameters, endingReturns, endingSql, UNLINKED } from './endings/end-sessions.js';
import { idLists } from './id-list.js';
import { roundedLimit } from './rounded-limit.js';
import { endSurplus } from './session-limit.js';
import { limited, limitedColumns } from '../table/read-limits.js';
import { OVERVIEW, toEndedOverview, toOverview } from '../table/session-columns.js';
import { ALIVE, liveParameters } from './statements.js';
import type { Parameters, Statement } from '../drivers/driver.js';
import type { SessionTable } from '../execution/session-table.js';

/** All sessions of one user, found by the index on `user_id`. */
export class UserSessions {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** Returns a page of the user's live sessions, the newest first, without their data. */
  async list(
    userId: string,
    condition: LiveCondition,
    { limit, before }: Page,
  ): Promise<SessionOverview[]> {
    const { name, dialect, executor } = this.#table;
    const older = olderThan(before);
    const rows = await executor.select(
      `SELECT ${limitedColumns(dialect, OVERVIEW)} FROM ${name} WHERE user_id = $userId AND ${ALIVE}${older.sql} ` +
        `ORDER BY ${name}.created_at DESC, ${name}.id DESC LIMIT ${roundedLimit(limit)}`,
      { userId, ...liveParameters(condition), ...older.parameters },
    );
    return rows.slice(0, limit).map(toOverview);
  }

  /**
   * Returns a page of the user's ended sessions, the newest first. The index finds them, but not in this order: it sorts by
   * the reason first. So the database sorts its entries, and reads only the rows of the page.
   */
  async listEnded(userId: string, { limit, before }: Page): Promise<EndedOverview[]> {
    const { name, dialect, executor } = this.#table;
    const older = olderThan(before);
    const columns = [...OVERVIEW, 'end_reason'].map(
      (column) => `${limited(dialect, `s.${column}`)} AS ${column}`,
    );
    const rows = await executor.select(
      `SELECT ${columns.join(', ')} FROM (SELECT id FROM ${name} WHERE user_id = $userId AND end_reason > ''${older.sql} ` +
        `ORDER BY created_at DESC, id DESC LIMIT ${roundedLimit(limit)}) newest ` +
        `JOIN ${name} s ON s.id = newest.id ORDER BY s.created_at DESC, s.id DESC`,
      { userId, ...older.parameters },
    );
    return rows.slice(0, limit).map(toEndedOverview);
  }

  /** Ends some of the user's oldest live sessions that exceed the limit. */
  removeSurplus(
    limit: UserSessionLimit,
    condition: LiveCondition,
    ending: Ending,
  ): Promise<Surplus> {
    return endSurplus(this.#table, limit, condition, ending);
  }

  /** Counts the live sessions of the user, or of everybody. */
  async count(userId: string | undefined, condition: LiveCondition): Promise<number> {
    const owner = userId === undefined ? '' : 'user_id = $userId AND ';
    const [row] = await this.#table.executor.select(
      `SELECT COUNT(*) AS count FROM ${this.#table.name} WHERE ${owner}${ALIVE}`,
      { ...(userId !== undefined && { userId }), ...liveParameters(condition) },
    );
    return Number(row!['count']);
  }

  /**
   * Ends the user's sessions, live or expired, except one. Finds their ids, then ends these if they are still the user's: a
   * single statement by the index deadlocks with logins on MariaDB.
   */
  async remove(
    userId: string,
    except: string | undefined,
    ending: Ending,
    onEnded?: OnEnded<RemovedSession>,
  ): Promise<RemovedSession[]> {
    const ids = await this.#find(userId, " AND end_reason = ''");
    return collectEnded(onEnded, async (add) => {
      for (const list of idLists(ids.filter((id) => id !== except))) {
        const condition = `id IN (${list.sql}) AND user_id = $userId`;
        const parameters = { ...list.parameters, userId };
        await endAll(this.#table, condition, parameters, ending, userId, list.count, add);
      }
    });
  }

  /**
   * Ends the session with this public id; if a user is given, only if it belongs to the user. One statement decides. If the
   * database can't return the row that it changed, the user is read before.
   */
  removeById(
    id: string,
    userId: string | undefined,
    ending: Ending,
    onEnded?: OnEnded<RemovedSession>,
  ): Promise<RemovedSession[]> {
    const condition = userId === undefined ? 'id = $id' : 'id = $id AND user_id = $userId';
    const parameters = { id, ...(userId !== undefined && { userId }) };
    return collectEnded(onEnded, (add) => {
      if (endingReturns(this.#table, ending)) {
        return endAll(this.#table, condition, parameters, ending, userId ?? id, 1, add);
      }
      const endUnlinked = () => this.#endKnown(id, userId, ending, { sql: condition, parameters });
      const endings = { condition, parameters, ending, endUnlinked };
      return endWithActing(onAnyConnection(this.#table), this.#table, endings, 1, add);
    });
  }

  /** Ends a session whose row the database can't return. */
  async #endKnown(
    id: string,
    userId: string | undefined,
    ending: Ending,
    condition: Statement,
  ): Promise<RemovedSession[]> {
    const sql = endingSql(this.#table, ending, condition.sql);
    const parameters = { ...condition.parameters, ...endingParameters(ending) };
    const users = await this.#usersOf(id);
    const isEnded = (await this.#table.executor.change(sql, parameters)) > 0;
    return isEnded ? [{ id, ...users, ...(userId !== undefined && { userId }) }] : [];
  }

  /** Deletes all rows of the user, in two steps like `remove`. */
  async erase(userId: string, onEnded?: OnEnded<DeletedSession>): Promise<DeletedSession[]> {
    const ids = await this.#find(userId);
    return collectEnded(onEnded, async (add) => {
      for (const list of idLists(ids)) {
        const condition = `id IN (${list.sql}) AND user_id = $userId`;
        const parameters = { ...list.parameters, userId };
        const free = `${condition} AND (${UNLINKED} OR end_reason <> '')`;
        const erased = await deleteReturning(this.#table, free, parameters, userId);
        add(erased);
        if (erased.length < list.count) {
          await this.#eraseLinked(condition, parameters, userId, add);
        }
      }
    });
  }

  /** Deletes the sessions of the user that are linked to an acting session, together with those acting sessions. */
  async #eraseLinked(
    condition: string,
    parameters: Parameters,
    userId: string,
    add: OnEnded<DeletedSession>,
  ): Promise<void> {
    const ending: Ending = { reason: 'revoked', now: 0, keepsRow: false };
    await endAll(this.#table, condition, parameters, ending, userId, Infinity, (ended) =>
      add(ended.map((session) => ({ ...session, hadEnded: false }))),
    );
    add(await deleteReturning(this.#table, condition, parameters, userId));
  }

  async #usersOf(id: string): Promise<Omit<RemovedSession, 'id'>> {
    const sql = `SELECT user_id, actor_id FROM ${this.#table.name} WHERE id = $id`;
    const [row] = await this.#table.executor.select(sql, { id });
    const user = (column: string) => (row?.[column] ?? null) as string | null;
    return { userId: user('user_id'), actorId: user('actor_id') };
  }

  /** Returns the ids of the user's rows. */
  async #find(userId: string, condition = ''): Promise<string[]> {
    const { name, dialect, executor } = this.#table;
    const sql = `SELECT ${limitedColumns(dialect, ['id'])} FROM ${name} WHERE user_id = $userId${condition}`;
    return (await executor.select(sql, { userId })).map(({ id }) => id as string);
  }
}

/** Returns the condition of the pages after the first one. */
function olderThan(before: Page['before']): Statement {
  return before
    ? {
        sql: ' AND created_at <= $beforeTime AND (created_at < $beforeTime OR id < $beforeId)',
        parameters: { beforeTime: before.createdAt, beforeId: before.id },
      }
    : { sql: '', parameters: {} };
}
