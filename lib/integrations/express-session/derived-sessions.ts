import {
  SessionExpiredError,
  SessionNotFoundError,
  SessionsConfigurationError,
} from '../../common/session-error.js';
import type { SessionService } from '../../manager/session-service.js';
import { deriveToken } from '../../manager/token/derived-token.js';
import type { ParsedToken } from '../../manager/token/token.js';
import { alignCookie, cookieLifetime } from './cookie-lifetime.js';
import { SaveOrder } from './save-order.js';
import { SessionMark } from './session-mark.js';

/**
 * The sessions of a store, by the id in the cookie. The token of each is derived from this id and the secret of the store.
 */
export class DerivedSessions {
  readonly #sessions: SessionService;
  readonly #secret: string;
  readonly #order = new SaveOrder();

  constructor(sessions: SessionService, secret: string) {
    this.#sessions = sessions;
    this.#secret = secret;
  }

  /** Returns the marked data of a live session; `null` if there is none, or if it can't be read. */
  async find(sid: string): Promise<object | null> {
    const token = deriveToken(this.#secret, sid);
    if (!token) {
      return null;
    }
    const found = await this.#sessions.verifier.verify(token);
    if (found.status === 'damaged') {
      const { id } = token.credential;
      this.#sessions.warn(`The session ${id} of a request can't be used: ${found.cause?.message}`);
    }
    const { record } = found;
    if (!record) {
      return null;
    }
    alignCookie(record.data, record.expiresAt.getTime() - this.#sessions.now());
    return SessionMark.show(record.data, sid);
  }

  /** Saves a session, unless it was removed after it had been loaded or saved. */
  async save(sid: string, session: object): Promise<void> {
    const token = this.tokenOf(sid);
    const save = () => this.#set(token, sid, session);
    await (SessionMark.originOf(session, sid) === 'known'
      ? this.#order.update(session, save)
      : this.#order.insert(sid, session, save));
  }

  /** Removes a session, after the saves that were called before and could insert it. */
  async remove(sid: string): Promise<void> {
    const token = deriveToken(this.#secret, sid);
    if (token) {
      await this.#order.remove(sid, () => this.#sessions.remove(token));
    }
  }

  /** Renews a session to the lifetime of its cookie. If it does not exist, this does nothing. */
  async touch(sid: string, session: object): Promise<void> {
    const token = deriveToken(this.#secret, sid);
    if (!token) {
      return;
    }
    const expireTime = cookieLifetime(session, this.#sessions.lifespans.maximum);
    await (expireTime === 0
      ? this.#sessions.remove(token)
      : unlessGone(this.#sessions.renew(token, { allowExpired: false, expireTime })));
  }

  /** @throws SessionsConfigurationError if the id does not have the form of one */
  tokenOf(sid: string): ParsedToken {
    const token = deriveToken(this.#secret, sid);
    if (!token) {
      throw new SessionsConfigurationError(
        'The id of a session must be 32 to 128 characters of A-Z, a-z, 0-9, "_" and "-". Check the function that ' +
          'generates it: `genid` of express-session, `idGenerator` of @fastify/session.',
      );
    }
    return token;
  }

  async #set(token: ParsedToken, sid: string, session: object): Promise<void> {
    const expireTime =
      cookieLifetime(session, this.#sessions.lifespans.maximum) ??
      // The row has the lifetime that the cookie had before, which can be longer.
      (SessionMark.wasTimed(session, sid) ? this.#sessions.lifespans.initial : undefined);
    if (expireTime === 0) {
      await this.#sessions.remove(token);
      return;
    }
    const origin = SessionMark.originOf(session, sid);
    if (!origin) {
      const created = await this.#sessions.createDerived(token, session, { expireTime });
      SessionMark.hide(session, sid, created?.userId === null ? 'ownerless' : 'known');
      if (created) {
        return;
      }
    }
    if (origin === 'ownerless' && this.#sessions.hasOwner(session)) {
      await this.#sessions.recreateDerived(token, session, { expireTime });
      SessionMark.hide(session, sid, 'known');
      return;
    }
    // A session that was loaded gets no other owner: a login needs a new id, as `regenerate` gives it.
    await unlessGone(this.#sessions.update(token, session, { sameUser: true, expireTime }));
  }
}

/** Returns `undefined` if the session has ended. */
async function unlessGone<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof SessionNotFoundError || error instanceof SessionExpiredError) {
      return undefined;
    }
    throw error;
  }
}
