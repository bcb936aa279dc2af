import { SessionLimitError } from '../common/session-error.js';
import { deleteReturning, removedSession, type RemovedSession } from './delete-returning.js';
import { idLists } from './id-list.js';
import { OVERVIEW, overviewFrom, type NewSessionRow, type SessionOverview } from './session-row.js';
import {
  insertStatement,
  removeStatement,
  type Moment,
  type SessionProof,
} from './session-statements.js';
import type { SessionTable } from './session-table.js';
import { isDuplicateKey } from './store-error.js';
import { whileUserIsLocked } from './user-lock.js';

/** How many sessions a user may have, and what happens at the limit. */
export interface SessionLimit {
  readonly most: number;
  readonly evictOldest: boolean;
}

/** A row that is about to be inserted, made at its moment. */
export interface IssuedRow {
  readonly row: NewSessionRow;
  readonly moment: Moment;
}

/** What was inserted, and the sessions that it took the place of: the user's oldest, and ids of the same client's. */
export interface LimitedInsert<Issued> {
  readonly issued: Issued;
  readonly evicted: readonly RemovedSession[];
  readonly replaced: readonly string[];
}

const ALIVE = 'expires_at > $now AND created_at > $createdAfter';

/** All sessions of one user, found by the index on `user_id`. */
export class UserSessions {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** The user's live sessions, the newest first, without their data. */
  async list(userId: string, moment: Moment): Promise<SessionOverview[]> {
    const rows = await this.#table.statements.select(
      `SELECT ${OVERVIEW} FROM ${this.#table.name} WHERE user_id = $userId AND ${ALIVE} ORDER BY created_at DESC, id DESC`,
      { userId, ...liveAt(moment) },
    );
    return rows.map(overviewFrom);
  }

  /**
   * Deletes the user's sessions, live or not, but for one. First their ids and then these with the condition checked
   * again: a single DELETE by the index deadlocks with logins on MariaDB.
   */
  async remove(userId: string, except: string | undefined): Promise<RemovedSession[]> {
    const { name, statements } = this.#table;
    const sql = `SELECT id, user_id FROM ${name} WHERE user_id = $userId`;
    const found = (await statements.select(sql, { userId })).map(removedSession);
    const removed: RemovedSession[] = [];
    for (const list of idLists(found.map(({ id }) => id).filter((id) => id !== except))) {
      const where = `WHERE id IN (${list.sql}) AND user_id = $userId`;
      removed.push(...(await deleteReturning(this.#table, where, { ...list.parameters, userId })));
    }
    return removed;
  }

  /** Deletes the session of this public id, where it is the user's in case one is given. */
  async removeById(id: string, userId: string | undefined): Promise<RemovedSession[]> {
    const owner = userId === undefined ? '' : ' AND user_id = $userId';
    const parameters = { id, ...(userId !== undefined && { userId }) };
    return deleteReturning(this.#table, `WHERE id = $id${owner}`, parameters);
  }

  /**
   * Adds a row in the place of others, as long as the user then has no more than so many live sessions; the oldest make
   * room where that is wanted. One transaction, with logins of the same user one after the other; the row is issued when
   * it is this one's turn, so that the order of creation is the order of their dates.
   *
   * @returns `undefined` where the id is taken, and then nothing is changed
   * @throws SessionLimitError
   */
  async insert<Issued extends IssuedRow>(
    userId: string,
    issue: () => Issued,
    replaced: readonly SessionProof[],
    { most, evictOldest }: SessionLimit,
  ): Promise<LimitedInsert<Issued> | undefined> {
    const { name, statements } = this.#table;
    const replacedIds = new Set(replaced.map(({ id }) => id));
    const found = `SELECT id, user_id FROM ${name} WHERE user_id = $userId AND ${ALIVE} ORDER BY created_at, id`;
    try {
      return await whileUserIsLocked(this.#table, userId, async (on) => {
        const issued = issue();
        const live = (await statements.rows(found, { userId, ...liveAt(issued.moment) }, on))
          .map(removedSession)
          .filter(({ id }) => !replacedIds.has(id));
        const evicted = live.slice(0, Math.max(0, live.length + 1 - most));
        if (evicted.length > 0 && !evictOldest) {
          throw new SessionLimitError(`The user has ${most} sessions already, which is the limit.`);
        }
        const gone: string[] = [];
        for (const { id, secretHash } of replaced) {
          if (await statements.count(removeStatement(this.#table), { id, secretHash }, on)) {
            gone.push(id);
          }
        }
        for (const { sql, parameters } of idLists(evicted.map(({ id }) => id))) {
          await statements.count(`DELETE FROM ${name} WHERE id IN (${sql})`, parameters, on);
        }
        await statements.count(insertStatement(this.#table), { ...issued.row }, on);
        return { issued, evicted, replaced: gone };
      });
    } catch (error) {
      if (isDuplicateKey(error)) {
        return undefined;
      }
      throw error;
    }
  }
}

function liveAt({ now, absoluteTimeout }: Moment): { now: number; createdAfter: number } {
  return { now, createdAfter: now - absoluteTimeout };
}
