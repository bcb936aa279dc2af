import type { Clock } from '../common/clock.js';
import { Observable, Subject, Subscriber, type Observer, type Subscription } from 'rxjs';

/**
 * Why a session was removed: by its token (`logout`), because a login took its place (`replaced`), by its public id
 * (`by-id`), or with others of its user (`by-user`).
 *
 * @publicApi
 */
export type RemovalReason = 'logout' | 'replaced' | 'by-id' | 'by-user';

/**
 * Why a request was refused: it had no token, its token opens nothing, the session has expired, or a page of another
 * origin made it.
 *
 * @publicApi
 */
export type RejectionReason = 'missing' | 'not-found' | 'expired' | 'cross-origin';

/**
 * Something that happened to a session, in this process. `id` is the public one; `userId` is there where it is known
 * without another read. No event holds a token, a hash or data.
 *
 * @publicApi
 */
export type SessionEvent = { readonly at: Date } & (
  | {
      readonly type: 'created' | 'evicted' | 'expired';
      readonly id: string;
      readonly userId?: string;
    }
  | { readonly type: 'updated' | 'renewed' | 'regenerated'; readonly id: string }
  | {
      readonly type: 'removed';
      readonly reason: RemovalReason;
      readonly id: string;
      readonly userId?: string;
    }
  | { readonly type: 'rejected'; readonly reason: RejectionReason }
);

/** A `SessionEvent` before it has its time. */
export type SessionEventBody = SessionEvent extends infer Event
  ? Event extends SessionEvent
    ? Omit<Event, 'at'>
    : never
  : never;

/** Passes events on; what a subscriber throws is reported and reaches nobody else. */
export class SessionEvents {
  readonly events$: Observable<SessionEvent>;
  readonly #subject = new Subject<SessionEvent>();
  readonly #clock: Clock;

  constructor(clock: Clock, report: (error: unknown) => void) {
    this.#clock = clock;
    this.events$ = new GuardedObservable(this.#subject, report);
  }

  emit(event: SessionEventBody): void {
    if (this.#subject.observed) {
      this.#subject.next({ ...event, at: new Date(this.#clock.now()) });
    }
  }

  close(): void {
    this.#subject.complete();
  }
}

/** RxJS throws what a subscriber throws out of a timer, which would end the process. */
class GuardedObservable extends Observable<SessionEvent> {
  readonly #report: (error: unknown) => void;

  constructor(source: Observable<SessionEvent>, report: (error: unknown) => void) {
    super((subscriber) => source.subscribe(subscriber));
    this.#report = report;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<SessionEvent>> | ((event: SessionEvent) => void) | null,
  ): Subscription {
    if (observerOrNext instanceof Subscriber) {
      return super.subscribe(observerOrNext);
    }
    const observer =
      typeof observerOrNext === 'function' ? { next: observerOrNext } : (observerOrNext ?? {});
    return super.subscribe({
      next: (event) => void this.#deliver(observer, event),
      complete: () => observer.complete?.(),
    });
  }

  /** Waits for a subscriber that is an async function, since its rejection would end the process too. */
  async #deliver(observer: Partial<Observer<SessionEvent>>, event: SessionEvent): Promise<void> {
    try {
      const delivered: unknown = observer.next?.(event);
      await delivered;
    } catch (error) {
      this.#report(error);
    }
  }
}
