import { MAX_MILLISECONDS } from '../../common/checks.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import type { Lifespan } from '../session-row.js';
import type { OpenSession } from '../token/verified-session.js';
import { effectiveExpiry, renewed } from './expiry.js';
import { renewalDueIn } from './renewal-due.js';

/** How long sessions live, in milliseconds, by the options and the clock of the application. */
export class Lifespans {
  readonly #options: ResolvedManagerOptions;

  constructor(options: ResolvedManagerOptions) {
    this.#options = options;
  }

  /** The maximum lifetime of a session. */
  get maximum(): number {
    return Math.min(this.#options.absoluteTimeout, MAX_MILLISECONDS);
  }

  /** The lifetime of a session for which the caller sets no lifetime: the option `expireTime`. */
  get initial(): number {
    return this.#options.expireTime;
  }

  /** Returns how long the session can still live at most, however often it is renewed. */
  left({ createdAt, endsAt }: Lifespan): number {
    const { clock, absoluteTimeout } = this.#options;
    return Math.min(createdAt + absoluteTimeout, endsAt ?? Infinity) - clock.now();
  }

  /** Returns after how long a renewal of the session adds enough to be worth a write; `undefined` if none ever does. */
  renewalDueIn(lifespan: Lifespan): number | undefined {
    return renewalDueIn(lifespan, this.#options.clock.now(), this.#options);
  }

  /** Returns a session that has just been renewed, with the times that the database computed. */
  afterRenewal<T>(session: OpenSession<T>, expireTime?: number): OpenSession<T> {
    const now = this.#options.clock.now();
    return this.withLifespan(session, renewed(session.lifespan, now, this.#options, expireTime));
  }

  /** Returns the session with other times. */
  withLifespan<T>(session: OpenSession<T>, lifespan: Lifespan): OpenSession<T> {
    const expiresAt = new Date(effectiveExpiry(lifespan, this.#options));
    const record = { ...session.record, renewedAt: new Date(lifespan.renewedAt), expiresAt };
    return { ...session, record, lifespan };
  }
}
