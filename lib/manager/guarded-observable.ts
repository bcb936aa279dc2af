import { Observable, Subscriber, type Observer, type Operator, type Subscription } from 'rxjs';

/**
 * Reports the errors of subscribers, also behind operators. RxJS would throw them from a timer, which ends the process.
 */
export class GuardedObservable<T> extends Observable<T> {
  readonly #onError: (error: unknown) => void;

  constructor(
    onError: (error: unknown) => void,
    source: Observable<unknown>,
    operator?: Operator<any, T>,
  ) {
    super();
    this.#onError = onError;
    this.source = source;
    this.operator = operator;
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    return new GuardedObservable<R>(this.#onError, this, operator);
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
  ): Subscription {
    if (observerOrNext instanceof Subscriber) {
      return super.subscribe(observerOrNext);
    }
    const observer =
      typeof observerOrNext === 'function' ? { next: observerOrNext } : (observerOrNext ?? {});
    return super.subscribe({
      next: (value) => void this.#run(() => observer.next?.(value)),
      error: (error) =>
        void this.#run(() => (observer.error ? observer.error(error) : this.#onError(error))),
      complete: () => void this.#run(() => observer.complete?.()),
    });
  }

  /** Waits for a callback that is an async function, because its rejection would end the process too. */
  async #run(callback: () => unknown): Promise<void> {
    try {
      await callback();
    } catch (error) {
      this.#onError(error);
    }
  }
}
