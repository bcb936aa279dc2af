import type { SessionService } from '../../manager/session-service.js';
import { isSessionId } from '../../manager/token/token.js';
import { singleHeader, type SessionRequest, type SessionResponse } from '../http-types.js';
import { SessionHttpException, toHttpException } from '../errors/session-http.exception.js';
import type { HttpExchange } from '../request/http-exchange.js';
import { namedSessions } from '../request/find-session.js';
import type { Bindable, DeviceBound } from './device-bound.js';
import { storedForm, type DeviceKey } from './device-key.js';
import { parseDeviceProof, type DeviceProof } from './device-proof.js';
import { sessionOfChallenge } from './device-secret.js';

/** A response of the route. */
interface Answer {
  readonly status: number;
  readonly body: object;
}

/** The browser's proof is not accepted. The response does not say why. */
const REFUSED: Answer = { status: 400, body: {} };

/** Ends the binding in the browser: there is no such session, or it is not bound. */
const OVER: Answer = { status: 200, body: { continue: false } };

/**
 * The hosts whose pages may start a request for which the browser first refreshes the bound cookie: all hosts, since their
 * pages may also start requests with that cookie. With the default (none), a click on a link in a mail sends no bound cookie
 * after the last one has expired.
 */
const ALL_HOSTS = ['*'];

/** A structured field string (RFC 9651, section 3.3.3) that holds a session id, with or without quotes. */
const SESSION_ID = /^("?)([0-9a-f-]{36})\1(?:;|$)/;

/**
 * Responds to the requests by which a browser binds a session to its key, and later proves that it still has the key
 * (Device Bound Session Credentials, W3C). The browser sends them without a script. Nest's exception handling does not
 * apply to this route.
 */
export async function answerDevice(
  sessions: SessionService,
  devices: DeviceBound,
  exchange: HttpExchange,
  request: SessionRequest,
  response: SessionResponse,
): Promise<void> {
  const route = new DeviceRoute(sessions, devices, exchange, response);
  try {
    const { status, body } = await route.answer(request);
    response.header('cache-control', 'no-store');
    response.status(status).send(body);
  } catch (error) {
    const exception =
      error instanceof SessionHttpException ? error : exchange.failing(toHttpException(error));
    if (!(exception instanceof SessionHttpException)) {
      throw exception;
    }
    response.status(exception.getStatus()).send(exception.getResponse() as object);
  }
}

class DeviceRoute {
  constructor(
    private readonly sessions: SessionService,
    private readonly devices: DeviceBound,
    private readonly exchange: HttpExchange,
    private readonly response: SessionResponse,
  ) {}

  /**
   * The origin of the page that caused the request is not checked: it may be any. No page can send `Sec-Secure-Session-Id`,
   * and none can sign the challenge of a login.
   *
   * @throws SessionHttpException
   */
  async answer(request: SessionRequest): Promise<Answer> {
    const now = this.sessions.now();
    const proof = parseDeviceProof(singleHeader(request, 'secure-session-response'), now);
    const refreshed = singleHeader(request, 'sec-secure-session-id');
    if (refreshed === undefined) {
      return this.#register(await this.#find(sessionOfChallenge(proof?.challenge)), proof);
    }
    return this.#refresh(await this.#find(SESSION_ID.exec(refreshed)?.[2]), proof);
  }

  /**
   * Returns the live session of this id, if it can be bound. No cookie has to name it, since browsers withhold Lax cookies
   * when a page of another site caused the request. But if cookies name sessions, the id must be one of those.
   */
  async #find(id: string | undefined): Promise<Bindable | undefined> {
    const named = namedSessions(this.sessions, this.exchange);
    if (!isSessionId(id) || (named.length > 0 && !named.includes(id))) {
      return undefined;
    }
    const binding = await this.exchange.attempt(this.sessions.devices.find(id));
    return binding && this.devices.bindable(binding);
  }

  /** The first request after a login: binds the session to the key in the proof, if the challenge is that of the login. */
  async #register(session: Bindable | undefined, proof: DeviceProof | undefined): Promise<Answer> {
    const key = proof?.key;
    const now = this.sessions.now();
    const at = session?.secret.challengedAt('registration', proof?.challenge, now);
    if (!session || at === undefined || !key || !proof.isSignedBy(key)) {
      return REFUSED;
    }
    const isBound =
      session.key?.point === key.point ||
      (await this.exchange.attempt(this.sessions.devices.bind(session.id, storedForm(key)))) ||
      // The browser sent the same request twice, and the other one was faster.
      (await this.#find(session.id))?.key?.point === key.point;
    return isBound ? this.#bound(session, key, at) : REFUSED;
  }

  /** Later requests: first for a challenge, then for a new cookie. They write nothing. */
  #refresh(session: Bindable | undefined, proof: DeviceProof | undefined): Answer {
    const key = session?.key;
    if (!session || !key) {
      // Whoever holds the cookie of a session that is not bound must not bind it to a key of their own.
      return OVER;
    }
    const now = this.sessions.now();
    const at = session.secret.challengedAt('refresh', proof?.challenge, now);
    if (!proof || at === undefined) {
      const challenge = session.secret.challenge('refresh', now);
      this.response.header('secure-session-challenge', `"${challenge}";id="${session.id}"`);
      return { status: 403, body: {} };
    }
    return proof.isSignedBy(key) ? this.#bound(session, key, at) : REFUSED;
  }

  #bound(session: Bindable, key: DeviceKey, challengedAt: number): Answer {
    this.devices.give(this.response, session, key, challengedAt);
    const { cookieName: name, attributes, encodedPath } = this.devices;
    return {
      status: 200,
      body: {
        session_identifier: session.id,
        refresh_url: encodedPath,
        scope: { include_site: false },
        credentials: [{ type: 'cookie', name, attributes }],
        allowed_refresh_initiators: ALL_HOSTS,
      },
    };
  }
}
