import { types } from 'node:util';
import { checkInteger, invalidOption, ownOptions } from '../../common/checks.js';
import type { Page, RemovedSession, SessionStore } from '../session-store.js';
import { isValidOverview } from '../session-row.js';
import { liveNow, type ExpiryRules } from '../expiry/expiry.js';
import { subjectOf, type RemovalReason, type SessionEvents } from '../session-events.js';
import type { ListSessionsOptions, RemoveSessionByIdOptions } from '../call.options.js';
import { ownerId } from '../data/owner.js';
import { summaryOf, type SessionSummary } from '../session-record.js';
import { isSessionId } from '../token/token.js';

/** Lists and ends the sessions of a user, without their tokens. */
export class SessionsOfUser {
  readonly #store: SessionStore;
  readonly #events: SessionEvents;
  readonly #rules: ExpiryRules;

  constructor(store: SessionStore, events: SessionEvents, rules: ExpiryRules) {
    this.#store = store;
    this.#events = events;
    this.#rules = rules;
  }

  async list(userId: unknown, options: ListSessionsOptions = {}): Promise<SessionSummary[]> {
    const { limit = 100, before } = ownOptions('listSessions options', options, [
      'limit',
      'before',
    ]);
    const page = {
      limit: checkInteger('limit', limit, 1, 1000),
      before: before && checkPosition(before),
    };
    const rows = await this.#store.ofUser.list(ownerId(userId), liveNow(this.#rules), page);
    return rows.filter(isValidOverview).map((row) => summaryOf(row, this.#rules));
  }

  /** Counts the live sessions of a user; without arguments those of everybody. A missing user of a request is an error. */
  async count(...owner: readonly unknown[]): Promise<number> {
    const userId = owner.length > 0 ? ownerId(owner[0]) : undefined;
    return this.#store.ofUser.count(userId, liveNow(this.#rules));
  }

  /** Checks `userId` whenever it is given: a missing value from a request must not lift the condition. */
  async removeById(id: unknown, options: RemoveSessionByIdOptions): Promise<number> {
    const owner = 'userId' in options ? ownerId(options.userId) : undefined;
    const removed = isSessionId(id) ? await this.#store.ofUser.removeById(id, owner) : [];
    return this.#removed(removed, 'by-id');
  }

  async remove(userId: unknown, except: string | undefined): Promise<number> {
    if (except !== undefined && !isSessionId(except)) {
      throw invalidOption('except', except, "a session's public id");
    }
    return this.#removed(await this.#store.ofUser.remove(ownerId(userId), except), 'by-user');
  }

  #removed(sessions: readonly RemovedSession[], reason: RemovalReason): number {
    for (const session of sessions) {
      this.#events.emit({ type: 'removed', reason, ...subjectOf(session) });
    }
    return sessions.length;
  }
}

/** @throws SessionsConfigurationError for what is no session of a page */
function checkPosition({
  createdAt,
  id,
}: NonNullable<ListSessionsOptions['before']>): NonNullable<Page['before']> {
  const time = types.isDate(createdAt) ? createdAt.getTime() : NaN;
  if (Number.isNaN(time) || !isSessionId(id)) {
    throw invalidOption('before', { createdAt, id }, 'the last session of the page before');
  }
  return { createdAt: time, id };
}
