import type { SessionWithCookie } from './cookie-lifetime.js';

/**
 * The property by which a session knows its mark. A string key, since @fastify/session copies nothing else from the loaded
 * session to the one of the request.
 */
const MARK = 'nestjs-server-sessions';

/**
 * How the store knows a session: it was loaded or saved, or this object was inserted without an owner. @fastify/passport
 * saves the session of a login before it has a user.
 */
export type SessionOrigin = 'known' | 'ownerless';

/** What the store knows of an object with session data. */
export class SessionMark {
  readonly #sid: string;
  readonly #origin: SessionOrigin;
  readonly #isTimed: boolean;

  constructor(sid: string, origin: SessionOrigin, { cookie }: SessionWithCookie) {
    this.#sid = sid;
    this.#origin = origin;
    this.#isTimed = Boolean(cookie?.expires);
  }

  /** Keeps the mark out of the stored data, and out of the hashes by which both libraries find changes. */
  toJSON(): undefined {
    return undefined;
  }

  /**
   * Returns how the session of this id is known; `undefined` if it is new. The mark of another id counts as none, because a
   * regenerated session can be a copy of the old one.
   */
  static originOf(session: object, sid: string): SessionOrigin | undefined {
    const mark = SessionMark.#of(session, sid);
    return mark && mark.#origin;
  }

  /** Returns whether the cookie of the session had an end when it was loaded or inserted. */
  static wasTimed(session: object, sid: string): boolean {
    const mark = SessionMark.#of(session, sid);
    return mark !== undefined && mark.#isTimed;
  }

  static #of(session: object, sid: string): SessionMark | undefined {
    const mark = (session as Record<string, unknown>)[MARK];
    return mark instanceof SessionMark && mark.#sid === sid ? mark : undefined;
  }

  /** Marks a session that the application sees, without a visible property. */
  static hide(session: object, sid: string, origin: SessionOrigin): void {
    Object.defineProperty(session, MARK, {
      value: new SessionMark(sid, origin, session),
      enumerable: false,
      configurable: true,
      writable: true,
    });
  }

  /** Marks loaded data by a property that a loop over its properties copies. */
  static show<Data extends object>(data: Data, sid: string): Data {
    return Object.assign(data, { [MARK]: new SessionMark(sid, 'known', data) });
  }

  /** Returns the data without a mark. */
  static without(data: object): object {
    const { [MARK]: _, ...rest } = data as Record<string, unknown>;
    return rest;
  }
}
