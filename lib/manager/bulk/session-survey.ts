import type { SessionCodec } from '../data/session-codec.js';
import { effectiveExpiry, liveNow, type ExpiryRules } from '../expiry/expiry.js';
import { subjectOf, type SessionEvents } from '../session-events.js';
import { hasEnded, isValidOverview, isValidRow, type SessionRow } from '../session-row.js';
import { recordOf, summaryOf, type SessionRecord, type SessionSummary } from '../session-record.js';
import type { SessionStore, SurveyedRow } from '../session-store.js';
import { isSessionId } from '../token/token.js';

/** A session as the operators of an application see it: no token, no hash, no data. */
export interface SurveyedSession extends SessionSummary {
  readonly userId: string | undefined;
  readonly status: 'live' | 'expired' | 'ended';
  /** Why the session was ended; empty if it was not. */
  readonly endReason: string;
}

/** The same with two more details, for a page about one session. */
export interface InspectedSession
  extends SurveyedSession, Pick<SessionRecord, 'confirmedAt' | 'version'> {}

/** How many sessions the table held when they were counted. */
export interface SessionTotals {
  readonly live: number;
  readonly expired: number;
  readonly ended: number;
}

/** Rows that one statement counts: some milliseconds of work. */
const SLICE = 10_000;

/** Maximum time by which the clock of a machine that makes session ids may be ahead of this machine's clock. */
const CLOCK_DIFFERENCE_MS = 24 * 60 * 60 * 1000;

/** All sessions, whoever owns them, for a page of the application's operators. */
export class SessionSurvey {
  readonly #store: SessionStore;
  readonly #codec: SessionCodec;
  readonly #events: SessionEvents;
  readonly #rules: ExpiryRules;

  constructor(store: SessionStore, codec: SessionCodec, events: SessionEvents, rules: ExpiryRules) {
    this.#store = store;
    this.#codec = codec;
    this.#events = events;
    this.#rules = rules;
  }

  /** Returns a page of the newest sessions, live or not; with `before` those that are older than it. */
  async newest(limit: number, before: string | undefined): Promise<SurveyedSession[]> {
    const below = before ?? idPrefixOf(this.#rules.clock.now() + CLOCK_DIFFERENCE_MS);
    const rows = await this.#store.surveyed.newest(below, limit);
    return rows.filter(isValidOverview).map((row) => this.#surveyed(row));
  }

  /** Returns the session of this id, live or not. */
  async inspect(id: string): Promise<InspectedSession | undefined> {
    const row = await this.#find(id);
    if (!row) {
      return undefined;
    }
    const { confirmedAt, version } = recordOf(row, undefined, this.#rules);
    return { ...this.#surveyed(row), confirmedAt, version };
  }

  /**
   * Returns the data of a session that has not ended, and emits the event `viewed`.
   *
   * @throws SessionDataError if it can't be read
   */
  async data(id: string): Promise<{ readonly data: unknown } | undefined> {
    const row = await this.#find(id);
    if (!row || hasEnded(row)) {
      return undefined;
    }
    this.#events.emit({ type: 'viewed', ...subjectOf(row) });
    return { data: this.#codec.decode(id, row.data) };
  }

  /** Counts all sessions, slice by slice, so that no statement takes long. */
  async count(isStopped: () => boolean): Promise<SessionTotals | undefined> {
    const condition = liveNow(this.#rules);
    const totals = { live: 0, expired: 0, ended: 0 };
    let after: string | undefined = '';
    while (after !== undefined) {
      if (isStopped()) {
        return undefined;
      }
      const slice = await this.#store.surveyed.count(after, SLICE, condition);
      totals.live += slice.live;
      totals.expired += slice.expired;
      totals.ended += slice.ended;
      after = slice.last;
    }
    return totals;
  }

  async #find(id: string): Promise<SessionRow | undefined> {
    const row = isSessionId(id) ? await this.#store.find(id) : undefined;
    return row && isValidRow(row) ? row : undefined;
  }

  #surveyed(row: SurveyedRow): SurveyedSession {
    const isExpired = effectiveExpiry(row, this.#rules) <= this.#rules.clock.now();
    return {
      ...summaryOf(row, this.#rules),
      userId: row.userId ?? undefined,
      status: hasEnded(row) ? 'ended' : isExpired ? 'expired' : 'live',
      endReason: row.endReason,
    };
  }
}

/** Returns the first part of the ids of sessions that are created at this time (RFC 9562, section 5.7). */
function idPrefixOf(time: number): string {
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
