import type { OpenSession } from '../../manager/token/open-session.js';
import type { RequestSessionContext } from '../request/request-session-context.js';
import type { RequestTokens } from '../request/request-tokens.js';
import { refused } from '../errors/session-http.exception.js';

/** Whether a request may pass, by its session: what guards and decorators of ours ask, and applications don't. */
export class Admission<T = any> {
  readonly #context: RequestSessionContext<T>;
  readonly #tokens: RequestTokens<T>;

  constructor(context: RequestSessionContext<T>, tokens: RequestTokens<T>) {
    this.#context = context;
    this.#tokens = tokens;
  }

  /** The token that the request came with or that it was given since. */
  get token(): string | undefined {
    return this.#tokens.current?.token;
  }

  /**
   * Refuses the request where it has no live session: with *missing*, *not found* or *expired*. Where a session is
   * optional, only one that can't be read is refused.
   */
  requireLive(isOptional: boolean): void {
    const { refusal, cause, current } = this.#tokens;
    if (current || (isOptional && refusal !== 'damaged')) {
      return;
    }
    if (refusal !== 'damaged') {
      this.#context.sessions.reject(refusal);
    }
    throw this.#context.answer.failing(refused(refusal, cause));
  }

  /** Renews the session where that is wanted and due, as it has just been used; `undefined` where it is never wanted. */
  renewIfDue(): Promise<void> | undefined {
    const session = this.#tokens.current;
    return session && this.#context.sessions.isRolling ? this.#renewIfDue(session) : undefined;
  }

  async #renewIfDue(session: OpenSession<T>): Promise<void> {
    const expiresAt = await this.#context.sessions.renewIfDue(session);
    this.#tokens.refresh(session.record.id, (record) => ({ ...record, expiresAt }));
  }
}
