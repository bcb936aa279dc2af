import { invalidOption } from '../../common/checks.js';
import type { RemovedSession, SessionStore } from '../session-store.js';
import { isValidOverview } from '../session-row.js';
import type { ExpiryRules } from '../expiry/expiry.js';
import { subjectOf, type RemovalReason, type SessionEvents } from '../session-events.js';
import type { RemoveSessionByIdOptions } from '../call.options.js';
import { ownerId } from '../data/owner.js';
import { summaryOf, type SessionSummary } from '../session-record.js';
import { isSessionId } from '../token/token.js';

/** Lists and ends the sessions of a user, without a token of theirs. */
export class SessionsOfUser {
  readonly #store: SessionStore;
  readonly #events: SessionEvents;
  readonly #rules: ExpiryRules;

  constructor(store: SessionStore, events: SessionEvents, rules: ExpiryRules) {
    this.#store = store;
    this.#events = events;
    this.#rules = rules;
  }

  async list(userId: unknown): Promise<SessionSummary[]> {
    const { clock, absoluteTimeout } = this.#rules;
    const live = { now: clock.now(), absoluteTimeout };
    const rows = await this.#store.ofUser.list(ownerId(userId), live);
    return rows.filter(isValidOverview).map((row) => summaryOf(row, this.#rules));
  }

  /** An owner that is given has to be one: an absent one from a request must not lift the condition. */
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
