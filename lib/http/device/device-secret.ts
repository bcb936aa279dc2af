import { createHmac, timingSafeEqual } from 'node:crypto';

/** The purpose of a code that a session's device secret makes. A code is valid for one purpose only. */
type Purpose = 'registration' | 'refresh' | 'cookie';

/**
 * Milliseconds for which a challenge can be answered. A browser answers it at once; the rest is for slow networks and for
 * clocks of servers that differ.
 */
const CHALLENGE_MS = 60_000;

/** Milliseconds by which the clocks of two servers may differ. */
export const CLOCK_SLACK_MS = 5000;

/** A time, then its code, which only the holder of the secret can make: `<base36 milliseconds>.<43 characters>`. */
const TIMED_CODE = /^([0-9a-z]{1,11})\.([\w-]{43})$/;

/** The id with which a challenge begins, since a browser may send no cookie with its proof. */
const SESSION = /^[0-9a-f-]{36}(?=\.)/;

/** Returns the id of the session that a challenge names. Nothing else of the challenge is checked. */
export function sessionOfChallenge(challenge: unknown): string | undefined {
  return typeof challenge === 'string' ? SESSION.exec(challenge)?.[0] : undefined;
}

/**
 * The secret of a session from which its challenges and its bound cookies are made. It never leaves the servers and does
 * not come from the token: whoever has copied all cookies can't make a challenge or a bound cookie.
 */
export class DeviceSecret {
  readonly #sessionId: string;
  readonly #secret: string;

  constructor(sessionId: string, secret: string) {
    this.#sessionId = sessionId;
    this.#secret = secret;
  }

  /** Returns a challenge for the browser to sign. */
  challenge(purpose: 'registration' | 'refresh', now: number): string {
    return this.#prefix + this.#timed(purpose, now, '');
  }

  /** Returns when a challenge was made; `undefined` if this secret did not make it for this purpose, or it is too old. */
  challengedAt(
    purpose: 'registration' | 'refresh',
    challenge: unknown,
    now: number,
  ): number | undefined {
    const isString = typeof challenge === 'string' && challenge.startsWith(this.#prefix);
    const timed = isString ? challenge.slice(this.#prefix.length) : '';
    const time = this.#timeOf(purpose, timed, '');
    const isFresh = time !== undefined && Math.abs(now - time) <= CHALLENGE_MS;
    return isFresh ? time : undefined;
  }

  /** Returns the value of a bound cookie that is valid until this time, for the holder of this key. */
  cookie(until: number, key: string): string {
    return this.#timed('cookie', until, key);
  }

  /** Returns until when the value of a bound cookie is valid; `undefined` if it is not one for this key. */
  endOf(cookie: string, key: string): number | undefined {
    return this.#timeOf('cookie', cookie, key);
  }

  get #prefix(): string {
    return `${this.#sessionId}.`;
  }

  #timed(purpose: Purpose, time: number, key: string): string {
    return `${time.toString(36)}.${this.#code(purpose, time, key).toString('base64url')}`;
  }

  #timeOf(purpose: Purpose, text: string, key: string): number | undefined {
    const [, written = '', code = ''] = TIMED_CODE.exec(text) ?? [];
    const time = Number.parseInt(written, 36);
    const given = Buffer.from(code, 'base64url');
    return given.length === 32 &&
      time.toString(36) === written &&
      timingSafeEqual(given, this.#code(purpose, time, key))
      ? time
      : undefined;
  }

  #code(purpose: Purpose, time: number, key: string): Buffer {
    const message = `device-bound ${purpose} ${this.#sessionId} ${time} ${key}`;
    return createHmac('sha256', this.#secret).update(message).digest();
  }
}
