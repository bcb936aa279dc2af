import { SessionLimitError } from '../common/session-error.js';
import { deleteReturning, removedSession, type RemovedSession } from './delete-returning.js';
import { idLists } from './id-list.js';
import { rowFrom, type NewSessionRow, type SessionRow } from './session-row.js';
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

const ALIVE = 'expires_at > $now AND created_at > $createdAfter';

/** All sessions of one user, found by the index on `user_id`. */
export class UserSessions {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** The user's live sessions, the newest first. */
  async list(userId: string, moment: Moment): Promise<SessionRow[]> {
    const rows = await this.#table.statements.select(
      `SELECT * FROM ${this.#table.name} WHERE user_id = $userId AND ${ALIVE} ORDER BY created_at DESC, id DESC`,
      { userId, ...liveAt(moment) },
    );
    return rows.map(rowFrom);
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
   * room where that is wanted. One transaction, with logins of the same user one after the other.
   *
   * @returns the sessions that made room; `undefined` where the id is taken, and then nothing is changed
   * @throws SessionLimitError
   */
  async insert(
    row: NewSessionRow & { readonly userId: string },
    replaced: readonly SessionProof[],
    { most, evictOldest }: SessionLimit,
    moment: Moment,
  ): Promise<readonly RemovedSession[] | undefined> {
    const { name, statements } = this.#table;
    const replacedIds = new Set(replaced.map(({ id }) => id));
    const found = `SELECT id, user_id FROM ${name} WHERE user_id = $userId AND ${ALIVE} ORDER BY created_at, id`;
    try {
      return await whileUserIsLocked(this.#table, row.userId, async (on) => {
        const live = (await statements.rows(found, { userId: row.userId, ...liveAt(moment) }, on))
          .map(removedSession)
          .filter(({ id }) => !replacedIds.has(id));
        const evicted = live.slice(0, Math.max(0, live.length + 1 - most));
        if (evicted.length > 0 && !evictOldest) {
          throw new SessionLimitError(`The user has ${most} sessions already, which is the limit.`);
        }
        for (const { id, secretHash } of replaced) {
          await statements.count(removeStatement(this.#table), { id, secretHash }, on);
        }
        for (const { sql, parameters } of idLists(evicted.map(({ id }) => id))) {
          await statements.count(`DELETE FROM ${name} WHERE id IN (${sql})`, parameters, on);
        }
        await statements.count(insertStatement(this.#table), { ...row }, on);
        return evicted;
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
