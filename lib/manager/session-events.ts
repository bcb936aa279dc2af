import { Subject, type Observable } from 'rxjs';
import type { Clock } from '../common/clock.js';
import { EVENTS } from '../common/diagnostics.js';
import { shownKind } from '../common/kind.js';
import type { SessionEndReason } from '../common/end-reason.js';
import {
  SessionError,
  SessionExpiredError,
  SessionNotFoundError,
  SessionsConfigurationError,
  SessionStoreError,
  type SessionStoreReason,
} from '../common/session-error.js';
import { GuardedObservable } from './guarded-observable.js';
import type { DeletedSession, RemovedSession } from './session-store.js';
import { endByEvent, type FoundEnd } from './watch/session-end.js';

/**
 * Why a session was removed: by its token (`logout`), because a login replaced it (`replaced`), by its public id
 * (`by-id`), with others of its user (`by-user`), or with those of all users (`all`).
 *
 * @publicApi
 */
export type RemovalReason = 'logout' | 'replaced' | 'by-id' | 'by-user' | 'all';

/**
 * Why a request was refused: it had no token, its token opens no session, the session was ended, has expired or is bound to
 * another browser (`device`), or a page of another origin sent it.
 *
 * @publicApi
 */
export type RejectionReason =
  'missing' | 'not-found' | 'ended' | 'expired' | 'device' | 'cross-origin';

/**
 * A session, by its public id, with its user, and the agent who acts as the user, if they are known without another read.
 *
 * @inline
 */
interface EventSubject {
  readonly id: string;
  readonly userId?: string;
  /** The agent who acts as the user. */
  readonly actorId?: string;
}

/** Returns what an event shows of a session from the store. */
export function subjectOf({ id, userId, actorId }: RemovedSession): EventSubject {
  return { id, ...(userId !== null && { userId }), ...(actorId !== null && { actorId }) };
}

/** The properties of each type of event. */
interface EventDetails {
  created: EventSubject;
  updated: EventSubject;
  renewed: EventSubject;
  regenerated: EventSubject;
  removed: EventSubject & { readonly reason: RemovalReason };
  evicted: EventSubject;
  expired: EventSubject;
  viewed: EventSubject;
  rejected: { readonly reason: RejectionReason };
  failed: { readonly code: SessionError['code']; readonly reason?: SessionStoreReason };
}

/**
 * An event without its time.
 *
 * @inline
 */
export type UntimedEvent = {
  [Type in keyof EventDetails]: { readonly type: Type } & EventDetails[Type];
}[keyof EventDetails];

/**
 * Something that happened to a session in this process: `created`, `updated`, `renewed`, `regenerated`, `removed` with a
 * reason, `evicted` by a login beyond the limit, `expired` and deleted, or `viewed` by an operator who looked at its data.
 * A request that was `rejected` has a reason and no id. A call that `failed` has the `code` of its error, and the `reason`
 * of a `SessionStoreError`. No event holds a token, a hash or data.
 *
 * @publicApi
 */
export type SessionEvent = UntimedEvent & {
  /** When it happened, by the option `clock`. */
  readonly at: Date;
  /** The kind of the session, if it is a named one (`defineSessions()`). */
  readonly kind?: string;
};

/** Errors that are not failures: the call did what it should. */
const NO_FAILURES = [SessionNotFoundError, SessionExpiredError, SessionsConfigurationError];

/** Sends events to subscribers. An error of a subscriber is reported and does not affect the others. */
export class SessionEvents {
  readonly events$: Observable<SessionEvent>;
  /** The ends of sessions, for their watchers. */
  readonly ends$ = new Subject<FoundEnd>();
  readonly #subject = new Subject<SessionEvent>();
  readonly #kind: string;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;

  /** @param kind the kind of the sessions */
  constructor(kind: string, clock: Clock, onError: (error: unknown) => void) {
    this.#kind = kind;
    this.#clock = clock;
    this.#onError = onError;
    this.events$ = new GuardedObservable(onError, this.#subject);
  }

  /** @param word the reason in the row of a session that was ended, if that says more than the event */
  emit(event: UntimedEvent, word?: SessionEndReason): void {
    const end = endByEvent(event, word);
    if (end) {
      this.ends$.next(end);
    }
    if (this.#subject.observed || EVENTS.hasSubscribers) {
      const at = new Date(this.#clock.now());
      const timed: SessionEvent = { ...event, at, ...shownKind(this.#kind) };
      this.#subject.next(timed);
      EVENTS.publish(timed);
    }
  }

  /** Emits the event of a session that got a new token, and ends the watches of those who hold the old one. */
  rotated(id: string): void {
    this.emit({ type: 'regenerated', id });
    this.ends$.next({ id, reason: 'rotated' });
  }

  /** Waits for a call. If it fails, this emits the event; for errors of the store, the store has done so already. */
  async reporting<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof SessionStoreError)) {
        this.emitFailure(error);
      }
      throw error;
    }
  }

  /**
   * Emits the event of a call that failed with an error of this library, unless there was no live session or the
   * application made a mistake.
   */
  emitFailure(error: unknown): void {
    if (error instanceof SessionError && !NO_FAILURES.some((type) => error instanceof type)) {
      const { code } = error;
      this.emit({
        type: 'failed',
        code,
        ...(error instanceof SessionStoreError && { reason: error.reason }),
      });
    }
  }

  /**
   * Emits the events of sessions that were ended.
   *
   * @param word the reason in their rows, if that says more than the event
   */
  removed(
    sessions: readonly RemovedSession[],
    reason: RemovalReason,
    word?: SessionEndReason,
  ): void {
    for (const session of sessions) {
      this.emit({ type: 'removed', reason, ...subjectOf(session) }, word);
    }
  }

  /** Emits the events of a sweep. A session that was ended before has already emitted its event. */
  expired(deleted: readonly DeletedSession[]): void {
    for (const session of deleted.filter(({ hadEnded }) => !hadEnded)) {
      this.emit({ type: 'expired', ...subjectOf(session) });
    }
  }

  close(): void {
    // One by one: a `finalize` that throws would keep the other subscribers open.
    for (const subscriber of this.#subject.observers.slice()) {
      try {
        subscriber.complete();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#subject.complete();
  }
}
