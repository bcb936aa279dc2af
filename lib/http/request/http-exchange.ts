import {
  SessionsConfigurationError,
  type SessionDataError,
  type SessionEndedError,
} from '../../common/session-error.js';
import type { SessionClient } from '../../manager/session-record.js';
import type { SessionService } from '../../manager/session-service.js';
import { withHeaders } from '../errors/response-headers.js';
import {
  refused,
  SessionHttpException,
  toHttpException,
  type Refusal,
} from '../errors/session-http.exception.js';
import type { DeviceBinding } from '../../manager/session-row.js';
import type { DeviceBound } from '../device/device-bound.js';
import { headersSent, requestHeader, singleHeader, type SessionResponse } from '../http-types.js';
import type { BearerTransport } from '../transport/bearer.transport.js';
import {
  joined,
  type CookieTransport,
  type SentPreviousCookies,
} from '../transport/cookie.transport.js';
import { comesFrom, type CrossOriginProtection } from '../transport/cross-origin.js';
import { CHANNEL, type ChannelRequest } from '../source/request-source.js';

/** How tokens travel between the clients and the application. */
export interface HttpTransports {
  /** `undefined` if no cookie is ever read or set. */
  readonly cookies: CookieTransport | undefined;
  /** `undefined` if no `Authorization` header is ever read. */
  readonly bearer: BearerTransport | undefined;
  /** `undefined` if no request is refused for its origin. */
  readonly crossOrigin: CrossOriginProtection | undefined;
  readonly recordClient: boolean;
  /** `undefined` if no session is bound to a browser. */
  readonly devices: DeviceBound | undefined;
}

const NO_COOKIES: SentPreviousCookies = { values: [], cookies: [] };

/** One request and its response, as the session of the request uses them. */
export class HttpExchange {
  /** Values that the request sent as tokens, valid or not, each once. */
  readonly given: readonly string[];
  /** Why the request has no session, unless one of its tokens gives a more exact reason. */
  readonly defaultRefusal: Refusal;
  readonly #request: ChannelRequest;
  readonly #response: SessionResponse;
  readonly #sessions: SessionService;
  readonly #transports: HttpTransports;
  /** `undefined` if the request has a bearer token of this library, even a damaged one: no cookie is read beside it. */
  readonly #cookies: CookieTransport | undefined;
  /** The cookies of `cookie.previous` that the request sent. */
  readonly #previous: SentPreviousCookies;
  /** Whether a route let the request in from another origin. Then it has no token. */
  readonly #isLetIn: boolean;

  constructor(
    request: ChannelRequest,
    response: SessionResponse,
    sessions: SessionService,
    transports: HttpTransports,
    isLetIn = false,
  ) {
    const bearer = transports.bearer?.read(singleHeader(request, 'authorization'));
    this.#request = request;
    this.#response = response;
    this.#sessions = sessions;
    this.#transports = transports;
    this.#isLetIn = isLetIn;
    this.#cookies = bearer?.isOurs ? undefined : transports.cookies;
    this.given =
      this.#cookies?.read(requestHeader(request, 'cookie')) ?? (bearer ? [bearer.token] : []);
    this.#previous =
      this.#cookies?.readPrevious(requestHeader(request, 'cookie'), sessions.now()) ?? NO_COOKIES;
    this.defaultRefusal = bearer || this.given.length > 0 ? 'not-found' : 'missing';
  }

  /** Values of the previous cookies that the request sent. */
  get givenBefore(): readonly string[] {
    return this.#previous.values;
  }

  /** Whether the client sent the session cookie, or a previous one. */
  get sentCookie(): boolean {
    return this.usesCookie && this.given.length + this.givenBefore.length > 0;
  }

  /** Whether the token travels in the cookie. */
  get usesCookie(): boolean {
    return this.#cookies !== undefined;
  }

  /**
   * Whether a page of another origin sent the request, and the request would use the cookie. This is checked with the
   * current method of the request, because middleware may have changed the method after the session was found.
   */
  get isCrossOrigin(): boolean {
    const channel = this.#request[CHANNEL];
    const crossOrigin = channel
      ? channel.crossOrigin(this.#sessions.kind)
      : this.#transports.crossOrigin;
    return this.usesCookie && crossOrigin?.allows(this.#request) === false;
  }

  /** Whether it is too late to set a header. */
  get isSent(): boolean {
    return headersSent(this.#response);
  }

  /**
   * Returns the client's address and user agent. Only a login calls this, since frameworks compute the address on
   * demand.
   */
  client(): SessionClient {
    return this.#transports.recordClient
      ? { ip: this.#request.ip, userAgent: singleHeader(this.#request, 'user-agent') }
      : {};
  }

  /** @throws SessionHttpException if a page of another origin sent the request and it would use the cookie */
  requireAllowedOrigin(): void {
    if (this.isCrossOrigin) {
      throw this.crossOriginRefusal();
    }
  }

  /**
   * Returns the exchange of this cross-origin request without any token, if its route lists the origin of the page
   * (`@AllowCrossOrigin()`).
   */
  letIn(origins: readonly string[]): HttpExchange | undefined {
    return comesFrom(this.#request, origins)
      ? new HttpExchange(
          this.#request,
          this.#response,
          this.#sessions,
          { ...this.#transports, cookies: undefined, bearer: undefined },
          true,
        )
      : undefined;
  }

  /** @throws SessionsConfigurationError if `@AllowCrossOrigin()` let the request in */
  requireOwnOrigin(): void {
    if (this.#isLetIn) {
      throw new SessionsConfigurationError(
        'CurrentSession.start() ran in a request that @AllowCrossOrigin() let in from a page of another origin. ' +
          'Its cookie does not count, so nothing shows that this visitor began the login. Respond with a 303 to a GET ' +
          'route and call start() there, as docs/single-sign-on.md shows.',
      );
    }
  }

  /** @throws SessionsConfigurationError if this method of `CurrentSession` can't set a cookie, or it is too late for it */
  requireUnsent(method: string): void {
    const tooLate =
      "after the response's headers were sent, too late to set the cookie. " +
      `Call it before the response begins, and await it: await session.${method}(…).`;
    const refusal = this.#request[CHANNEL]?.cookieRefusal ?? (this.isSent && tooLate);
    if (refusal) {
      throw new SessionsConfigurationError(`CurrentSession.${method}() ran ${refusal}`);
    }
  }

  /** Sets the cookie, if one is used, to this token for `lifetime` milliseconds. Clears the previous ones that were sent. */
  giveToken(token: string, lifetime: number, persistent: boolean | undefined): void {
    this.#cookies?.write(
      this.#request,
      this.#response,
      token,
      lifetime,
      persistent,
      this.#previous,
    );
  }

  /** Clears the cookie and the previous ones, unless it is too late to set a header. */
  takeToken(): void {
    if (!this.isSent) {
      this.#cookies?.clear(this.#response, this.#previous);
      this.#takeBoundCookie();
    }
  }

  /** Returns whether the request opens this session now: see `openUntil`. */
  opens(binding: DeviceBinding): boolean {
    return this.openUntil(binding) > this.#sessions.now();
  }

  /** Returns whether the session is bound to a browser, and the request proves that browser. */
  provesDevice(binding: DeviceBinding): boolean {
    const { devices } = this.#transports;
    return this.usesCookie && devices?.isProved(binding, this.#cookieHeader) === true;
  }

  /**
   * Returns until when the request opens this session: for ever if the session is not bound to a browser, else as long as
   * the request proves that browser. A bearer token never opens a bound session.
   *
   * @throws SessionDataError if the session's device secret can't be decrypted
   */
  openUntil(binding: DeviceBinding): number {
    const { devices } = this.#transports;
    if (!devices || binding.deviceKey === null) {
      return Infinity;
    }
    return this.usesCookie ? devices.openUntil(binding, this.#cookieHeader) : -Infinity;
  }

  /** Whether new sessions of this client can be bound to its browser. */
  get canBind(): boolean {
    return this.usesCookie && this.#transports.devices !== undefined;
  }

  /** @throws SessionsConfigurationError if a browser would have to prove two sessions */
  requireUnbound(method: string): void {
    if (this.canBind) {
      throw new SessionsConfigurationError(
        `CurrentSession.${method}() can't be called for a client with the cookie if deviceBound is set, since a browser ` +
          'is bound to one session at a time. Let agents send a bearer token, or remove deviceBound.',
      );
    }
  }

  /** Asks the browser to bind this new session, instead of the one before. */
  offerBinding(binding: DeviceBinding): void {
    if (this.usesCookie) {
      this.#takeBoundCookie();
      this.#transports.devices?.offer(this.#response, binding);
    }
  }

  /** Waits for the result of `work`. Its domain errors become HTTP exceptions. */
  async attempt<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      throw this.failing(toHttpException(error));
    }
  }

  /** Emits the event of a refused request, and returns its exception. A damaged session has already emitted its event. */
  refusal(reason: Refusal, cause?: SessionDataError | SessionEndedError): unknown {
    if (reason !== 'damaged') {
      this.#sessions.events.emit({
        type: 'rejected',
        reason: reason === 'hidden-origin' || reason === 'unknown-origin' ? 'cross-origin' : reason,
      });
    }
    return this.failing(refused(reason, cause));
  }

  /** Emits the event of a request that a page of another origin may have sent, and returns the exception for it. */
  crossOriginRefusal(): unknown {
    const origin = singleHeader(this.#request, 'origin');
    if (origin === 'null') {
      return this.refusal('hidden-origin');
    }
    const isKnown = (origin ?? singleHeader(this.#request, 'sec-fetch-site')) !== undefined;
    return this.refusal(isKnown ? 'cross-origin' : 'unknown-origin');
  }

  get #cookieHeader(): string {
    return joined(requestHeader(this.#request, 'cookie'));
  }

  #takeBoundCookie(): void {
    this.#transports.devices?.take(this.#response, this.#cookieHeader);
  }

  /**
   * Sets the headers of an exception on the response, and returns the exception to throw. A bound cookie that did not prove
   * the browser is cleared: while the browser has one, it gets no other.
   */
  failing(exception: unknown): unknown {
    const isUnproved =
      exception instanceof SessionHttpException && exception.code === 'SESSION_DEVICE';
    if (isUnproved && this.usesCookie && !this.isSent) {
      this.#takeBoundCookie();
    }
    return withHeaders(this.#request, this.#response, exception);
  }
}
