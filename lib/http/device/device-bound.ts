import type { DeviceBinding } from '../../manager/session-row.js';
import type { SessionService } from '../../manager/session-service.js';
import type { SessionResponse } from '../http-types.js';
import { cookieValues } from '../transport/cookie-header.js';
import type { ResolvedCookieOptions } from '../transport/cookie.options.js';
import { CLEARED, setCookies } from '../transport/set-cookie.js';
import type { ResolvedDeviceBoundOptions } from './device-bound.options.js';
import { storedDeviceKey, type DeviceKey } from './device-key.js';
import { CLOCK_SLACK_MS, DeviceSecret } from './device-secret.js';

/**
 * How long after its binding a session still opens without the bound cookie, in milliseconds. Requests that the browser sent
 * before it had that cookie may still be on their way.
 */
const ON_THEIR_WAY_MS = 10_000;

/** A session that can be bound, with its secret. */
export interface Bindable {
  readonly id: string;
  readonly secret: DeviceSecret;
  /** `undefined` if the session is not bound. */
  readonly key: DeviceKey | undefined;
}

/**
 * Binds the sessions of an application to browsers, and decides whether a request proves the browser of its session. Such a
 * request has a short-lived cookie, the bound cookie, which only the holder of the browser's key gets
 * (docs/adr/0036-a-bound-cookie-beside-the-token.md).
 */
export class DeviceBound {
  /** Name of the bound cookie. */
  readonly cookieName: string;
  readonly #sessions: SessionService;
  readonly #within: number;
  readonly #cookie: ResolvedCookieOptions;
  readonly #path: () => string;

  /** @param path returns the path of the route by which browsers register and refresh */
  constructor(
    sessions: SessionService,
    { within }: ResolvedDeviceBoundOptions,
    cookie: ResolvedCookieOptions,
    path: () => string,
  ) {
    this.cookieName = boundName(cookie);
    this.#sessions = sessions;
    this.#within = within;
    this.#cookie = cookie;
    this.#path = path;
  }

  /** Path of the route, as the adapter matches it. */
  get path(): string {
    return this.#path();
  }

  /** The path as the browser gets it: a global prefix can have characters that a header can't have. */
  get encodedPath(): string {
    return this.path.replaceAll(/[^!-~]|["\\]/gu, encodeURIComponent);
  }

  /**
   * Returns a session with its secret; `undefined` if it can't be bound.
   *
   * @throws SessionDataError if its secret can't be decrypted
   */
  bindable(binding: DeviceBinding): Bindable | undefined {
    const secret = this.#sessions.devices.secretOf(binding);
    return secret === undefined
      ? undefined
      : {
          id: binding.id,
          secret: new DeviceSecret(binding.id, secret),
          key: binding.deviceKey === null ? undefined : storedDeviceKey(binding.deviceKey),
        };
  }

  /** Asks the browser to bind this new session. Only the response of a login does so. */
  offer(response: SessionResponse, binding: DeviceBinding): void {
    const bindable = this.bindable(binding);
    if (bindable) {
      const challenge = bindable.secret.challenge('registration', this.#sessions.now());
      const registration = `(ES256);path="${this.encodedPath}";challenge="${challenge}"`;
      response.header('secure-session-registration', registration);
    }
  }

  /**
   * Returns the time until which a request with this Cookie header opens a bound session: the end of its bound cookie, or
   * the end of a short time after the binding if that is later.
   *
   * @throws SessionDataError if the session's secret can't be decrypted
   */
  openUntil(binding: DeviceBinding, cookies: string): number {
    const boundAt = storedDeviceKey(binding.deviceKey ?? '')?.boundAt ?? -Infinity;
    return Math.max(boundAt + ON_THEIR_WAY_MS, this.#provedUntil(binding, cookies));
  }

  /**
   * Returns whether the session is bound, and the request proves its browser.
   *
   * @throws SessionDataError if the session's secret can't be decrypted
   */
  isProved(binding: DeviceBinding, cookies: string): boolean {
    return this.#provedUntil(binding, cookies) > this.#sessions.now();
  }

  /** Gives the browser a bound cookie, whose lifetime starts at the challenge that the browser signed. */
  give(
    response: SessionResponse,
    { secret }: Bindable,
    key: DeviceKey,
    challengedAt: number,
  ): void {
    const end = challengedAt + this.#within;
    const maxAge = Math.max(1, Math.floor((end - this.#sessions.now()) / 1000));
    const value = secret.cookie(end + CLOCK_SLACK_MS, key.point);
    const expires = new Date(Date.now() + maxAge * 1000);
    setCookies(response, [{ ...this.#named(this.cookieName), value, maxAge, expires }]);
  }

  /** Clears the bound cookies that the request sent. */
  take(response: SessionResponse, cookies: string): void {
    const sent = this.#sent(cookies);
    if (sent.length > 0) {
      const cleared = sent.map(({ name }) => ({ ...this.#named(name), value: '', ...CLEARED }));
      setCookies(response, cleared);
    }
  }

  /** The attributes of the bound cookie, as the browser gets them beside its name. */
  get attributes(): string {
    const sameSite = this.#cookie.sameSite;
    const name = `${sameSite[0]!.toUpperCase()}${sameSite.slice(1)}`;
    return `Path=/; Secure; HttpOnly; SameSite=${name}`;
  }

  #named(name: string) {
    const { sameSite } = this.#cookie;
    return { name, domain: undefined, path: '/', secure: true, httpOnly: true, sameSite };
  }

  /** Returns until when the bound cookie of a request is valid; `-Infinity` if it has none for the session. */
  #provedUntil(binding: DeviceBinding, cookies: string): number {
    const { secret, key } = this.bindable(binding) ?? {};
    const values = key ? this.#sent(cookies).flatMap((sent) => sent.values) : [];
    return Math.max(
      -Infinity,
      ...values.flatMap((value) => secret!.endOf(value, key!.point) ?? []),
    );
  }

  /** Returns the values of the bound cookie that the request sent, by its present name and by its previous names. */
  #sent(cookies: string): { readonly name: string; readonly values: readonly string[] }[] {
    return [this.#cookie, ...this.#cookie.previous]
      .map((cookie) => boundName(cookie))
      .map((name) => ({ name, values: cookieValues(cookies, `${name}=`) }))
      .filter(({ values }) => values.length > 0);
  }
}

/** A prefix of the session cookie such as `__Host-` protects the bound cookie too. */
const boundName = ({ name }: { readonly name: string }) => `${name}.d`;
