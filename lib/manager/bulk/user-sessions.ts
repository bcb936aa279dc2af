import { types } from 'node:util';
import { checkEndReason } from '../../common/end-reason.js';
import { checkInteger, invalidOption, ownOptions } from '../../common/checks.js';
import { SessionActingError } from '../../common/session-error.js';
import type { Page, RemovedSession, SessionStore } from '../session-store.js';
import { isValidOverview } from '../session-row.js';
import { liveNow, type ExpiryRules } from '../expiry/expiry.js';
import type { SessionEvents } from '../session-events.js';
import type {
  ListEndedSessionsOptions,
  ListSessionsOptions,
  RemoveSessionByIdOptions,
  RemoveUserSessionsOptions,
} from '../call.options.js';
import { ownerId } from '../data/owner.js';
import {
  endedSessionOf,
  summaryOf,
  type EndedSession,
  type SessionSummary,
} from '../session-record.js';
import { endingNow } from '../operations/ending.js';
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
    const page = checkPage(ownOptions('listSessions options', options, ['limit', 'before']));
    const rows = await this.#store.ofUser.list(ownerId(userId), liveNow(this.#rules), page);
    return rows.filter(isValidOverview).map((row) => summaryOf(row, this.#rules));
  }

  async listEnded(userId: unknown, options: ListEndedSessionsOptions): Promise<EndedSession[]> {
    const known = ['ended', 'limit', 'before'];
    const own = ownOptions('listSessions options', options, known);
    if (own.ended !== true) {
      throw invalidOption('ended', own.ended, 'true, or left out for the live sessions');
    }
    const page = checkPage(own);
    const rows = await this.#store.ofUser.listEnded(ownerId(userId), page);
    return rows.filter(isValidOverview).map((row) => endedSessionOf(row, this.#rules));
  }

  /** Counts the live sessions of a user; without an argument, of everybody. An argument that is `undefined` is an error. */
  async count(...owner: readonly unknown[]): Promise<number> {
    const userId = owner.length > 0 ? ownerId(owner[0]) : undefined;
    return this.#store.ofUser.count(userId, liveNow(this.#rules));
  }

  /** Checks `userId` whenever it is given: a missing value from a request must not lift the condition. */
  async removeById(id: unknown, options: RemoveSessionByIdOptions): Promise<number> {
    const { reason = 'revoked' } = options;
    const owner = 'userId' in options ? ownerId(options.userId) : undefined;
    const ending = endingNow(checkEndReason(reason), this.#rules);
    const onEnded = (sessions: readonly RemovedSession[]) =>
      this.#events.removed(sessions, 'by-id', reason);
    const removed = isSessionId(id)
      ? await this.#store.ofUser.removeById(id, owner, ending, onEnded)
      : [];
    return removed.filter((session) => session.id === id).length;
  }

  async remove(
    userId: unknown,
    { except, reason = 'revoked' }: RemoveUserSessionsOptions,
  ): Promise<number> {
    if (except !== undefined && !isSessionId(except)) {
      throw invalidOption('except', except, "a session's public id");
    }
    const ending = endingNow(checkEndReason(reason), this.#rules);
    const owner = ownerId(userId);
    if (except !== undefined && (await this.#store.find(except))?.actorId) {
      throw new SessionActingError(
        'In the session `except` an agent acts as the user. Only the user can end all other sessions, not the agent.',
      );
    }
    const removed = await this.#store.ofUser.remove(owner, except, ending, (sessions) =>
      this.#events.removed(sessions, 'by-user', reason),
    );
    return countOf(removed, owner);
  }

  /** Deletes all rows of the user. Sessions that were ended before have already emitted their event. */
  async erase(userId: unknown): Promise<number> {
    const owner = ownerId(userId);
    const deleted = await this.#store.ofUser.erase(owner, (sessions) =>
      this.#events.removed(
        sessions.filter(({ hadEnded }) => !hadEnded),
        'by-user',
      ),
    );
    return countOf(deleted, owner);
  }
}

/** Counts the sessions of a user, without those in which this user acted as another: they ended with the user's own. */
function countOf(sessions: readonly RemovedSession[], owner: string): number {
  return sessions.filter(({ userId }) => userId === owner).length;
}

/** @throws SessionsConfigurationError */
function checkPage({ limit = 100, before }: ListSessionsOptions): Page {
  return {
    limit: checkInteger('limit', limit, 1, 1000),
    before: before && checkPosition(before),
  };
}

/** @throws SessionsConfigurationError if this is not a session of a page */
function checkPosition(
  before: NonNullable<ListSessionsOptions['before']>,
): NonNullable<Page['before']> {
  const { createdAt, id } = before;
  const time = types.isDate(createdAt) ? createdAt.getTime() : NaN;
  if (Number.isNaN(time) || !isSessionId(id)) {
    const expected = 'the last session of the previous page (its id, and its createdAt as a Date)';
    throw invalidOption('before', before, expected);
  }
  return { createdAt: time, id };
}
