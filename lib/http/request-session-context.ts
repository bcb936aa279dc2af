import type { SessionLifecycle } from '../manager/session-lifecycle.js';
import type { SessionClient } from '../manager/session-record.js';
import type { SessionAnswer } from './session-answer.js';

/** What the session of a request works with. */
export interface RequestSessionContext<T> {
  readonly sessions: SessionLifecycle<T>;
  readonly answer: SessionAnswer;
  /** Where the request comes from: asked for at a login only, since frameworks work it out when they are asked. */
  readonly client: () => SessionClient;
}
