import type { SessionDataError, SessionEndedError } from '../../common/session-error.js';
import type { ParsedToken } from '../../manager/token/token.js';
import type { OpenSession, VerifiedSession } from '../../manager/token/verified-session.js';
import type { Refusal } from '../errors/session-http.exception.js';

/**
 * The token of an acting session that has ended or expired, or one that was replaced a short time ago, and the id of the
 * agent's session.
 */
export interface OverActing extends ParsedToken {
  readonly agentId: string;
}

/**
 * The tokens of a request and their status, while the request is handled. A request can have several: browsers send all
 * cookies of the same name whose path or domain differs.
 *
 * States:
 *
 * - *one session*: the tokens open exactly one. `current` is this session, with its newest token if the request sent
 *   that token.
 * - *several sessions*: the tokens open different ones. None of them counts, since nobody knows which one is meant.
 * - *none*: no token opens a session. `refusal` says why.
 *
 * Transitions:
 *
 * - `adopt` (a login, a rotation): to *one session*, and no other token counts any more.
 * - `replaceToken`, `refresh` (a write): *one session* stays, with a new token or newer data.
 * - `clear` (a logout): to *none*.
 */
export class RequestTokens<T> {
  /** Tokens that open a session. */
  #open: OpenSession<T>[] = [];
  /**
   * Tokens that can only end their session: it has expired or is damaged, a rotation replaced the token, or the token came
   * in a previous cookie beside the current one, or the session is bound to another browser.
   */
  #closed: ParsedToken[] = [];
  /** Tokens of acting sessions that open nothing any more, and can end the agent's session. */
  #over: OverActing[] = [];
  #refusal: Refusal;
  #cause: SessionDataError | SessionEndedError | undefined;
  #inCookie: boolean;

  /**
   * @param refusal why the request has no session, if no token gives a more exact reason
   * @param inCookie whether the client holds the session cookie, or a previous one
   */
  constructor(verified: readonly VerifiedSession<T>[], refusal: Refusal, inCookie: boolean) {
    this.#refusal = refusal;
    this.#inCookie = inCookie;
    this.#add(verified);
    for (const { status, cause } of verified.filter((session) => !session.record)) {
      if (status !== 'missing' && status !== 'rotated') {
        this.#refusal = status;
        this.#cause = cause;
      }
    }
  }

  /**
   * Adds tokens of previous cookies, if the request has no current token. They can open a session, but they never change
   * why a request has none (docs/adr/0019-a-previous-cookie-fills-a-gap.md).
   */
  addPrevious(verified: readonly VerifiedSession<T>[]): void {
    this.#add(verified);
  }

  /** Adds tokens that were not looked up. A login or a logout ends their sessions too. */
  addUnread(tokens: readonly ParsedToken[]): void {
    this.#closed.push(...tokens);
  }

  /** The request's session. */
  get current(): OpenSession<T> | undefined {
    const session = this.#open.find(({ status }) => status === 'live') ?? this.#open[0];
    return this.#open.every(({ record }) => record.id === session?.record.id) ? session : undefined;
  }

  /** Why the request has no session, if it has none. */
  get refusal(): Refusal {
    return this.#refusal;
  }

  /** The error that says why the session can't be read, or why it was ended. */
  get cause(): SessionDataError | SessionEndedError | undefined {
    return this.#cause;
  }

  /** Whether the client holds the session cookie, or a previous one. */
  get inCookie(): boolean {
    return this.#inCookie;
  }

  /** Tokens of the sessions that a login or a logout ends (docs/adr/0008-a-logout-ends-what-it-can.md). */
  get endable(): ParsedToken[] {
    return [...this.#open, ...this.#closed];
  }

  /**
   * Tokens by which a client can end the agent's session. The agent can return to it with the current token of an acting
   * session that has ended.
   */
  get returning(): readonly OverActing[] {
    return this.#over;
  }

  /** Makes this the request's session. */
  adopt(session: OpenSession<T>, inCookie: boolean): void {
    this.#open = [session];
    this.#closed = [];
    this.#over = [];
    this.#inCookie = inCookie;
  }

  /**
   * Alters a session, if the request still has it. `alter` is a function, since each of several parallel calls only knows
   * its own part.
   */
  refresh(id: string, alter: (session: OpenSession<T>) => OpenSession<T>): void {
    const { current } = this;
    if (current?.record.id === id) {
      this.#open = [alter(current)];
    }
  }

  /** Gives the session this token, if the request still has the session. */
  replaceToken(token: ParsedToken): void {
    this.refresh(token.credential.id, (session) => ({ ...session, ...token, status: 'live' }));
  }

  /** Removes the session from the request. */
  clear(): void {
    this.#open = [];
    this.#closed = [];
    this.#over = [];
    this.#refusal = 'missing';
    this.#cause = undefined;
    this.#inCookie = false;
  }

  #add(verified: readonly VerifiedSession<T>[]): void {
    for (const session of verified) {
      if (session.record) {
        this.#open.push(session);
      } else if (session.status !== 'missing' && session.status !== 'ended') {
        this.#closed.push(session);
      }
      if (!session.record && session.agentId !== undefined) {
        const { token, credential, agentId } = session;
        this.#over.push({ token, credential, agentId });
      }
    }
  }
}
