import type { SessionDataError } from '../../common/session-error.js';
import type { OpenSession } from '../../manager/token/open-session.js';
import type { SessionRecord } from '../../manager/session-record.js';
import type { ParsedToken } from '../../manager/token/token.js';
import type { Refusal } from '../errors/session-http.exception.js';

/** What the tokens that came with a request are worth. */
export interface TokensFound<T> {
  /** The sessions that they open. */
  readonly open: readonly OpenSession<T>[];
  /** Tokens that are good for nothing but ending their session: it has expired or is damaged, or they were rotated out. */
  readonly endable: readonly ParsedToken[];
  /** Why the request has no session, where it has none. */
  readonly refusal: Refusal;
  /** What is wrong with a session that can't be read. */
  readonly cause: SessionDataError | undefined;
  /** Whether the client holds our cookie. */
  readonly inCookie: boolean;
}

/** What the tokens of a request are worth, as the request goes on. */
export class RequestTokens<T> {
  #found: TokensFound<T>;

  constructor(found: TokensFound<T>) {
    this.#found = found;
  }

  /** The request's session: it has one where its tokens open exactly one, of which the newest token counts. */
  get current(): OpenSession<T> | undefined {
    const { open } = this.#found;
    const session = open.find(({ status }) => status === 'live') ?? open[0];
    return open.every(({ record }) => record.id === session?.record.id) ? session : undefined;
  }

  get refusal(): Refusal {
    return this.#found.refusal;
  }

  get cause(): SessionDataError | undefined {
    return this.#found.cause;
  }

  get inCookie(): boolean {
    return this.#found.inCookie;
  }

  /** Tokens of the sessions that a login or a logout ends. */
  get endable(): ParsedToken[] {
    const { open, endable } = this.#found;
    return [...open, ...endable];
  }

  /** The request has this session from now on. */
  adopt(session: OpenSession<T>, inCookie: boolean): void {
    this.#found = { ...this.#found, open: [session], endable: [], inCookie };
  }

  /**
   * Alters what is known of a session, where it is still that of the request; its token stays. By a function, since calls
   * under way at the same time each know their own part.
   */
  refresh(id: string, alter: (record: SessionRecord<T>) => SessionRecord<T>): void {
    this.#replace(id, (session) => ({ ...session, record: alter(session.record) }));
  }

  /** The session has this token from now on, where it is still that of the request. */
  replaceToken(token: ParsedToken): void {
    this.#replace(token.credential.id, (session) => ({ ...session, ...token, status: 'live' }));
  }

  /** The request has no session from now on. */
  clear(): void {
    this.#found = { open: [], endable: [], refusal: 'missing', cause: undefined, inCookie: false };
  }

  /** What else the tokens are worth stays. */
  #replace(id: string, alter: (session: OpenSession<T>) => OpenSession<T>): void {
    const { current } = this;
    if (current?.record.id === id) {
      this.#found = { ...this.#found, open: [alter(current)] };
    }
  }
}
