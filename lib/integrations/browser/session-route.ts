import { page } from './page.js';

/**
 * What a page knows of the session of its visitor: that it is live, and until when, or why there is none.
 *
 * @publicApi
 */
export type BrowserSessionState =
  | {
      /** Whether there is a session. */
      readonly live: true;
      /** Public id of the session. After a login it is another one. */
      readonly id: string;
      /** When the session ends if nothing renews it, in epoch milliseconds by the clock of this device. */
      readonly endsAt: number;
    }
  | {
      /** Whether there is a session. */
      readonly live: false;
      /** Why there is none: `SESSION_MISSING`, `SESSION_ENDED`, `SESSION_EXPIRED`, … */
      readonly code: string;
      /** Why the session was ended, with the code `SESSION_ENDED`: `logout`, `evicted`, … */
      readonly reason?: string | undefined;
    };

/**
 * The state is not known: the server can't be reached, or its response is an error.
 *
 * @publicApi
 */
export interface BrowserSessionError extends Error {
  /** Status of the response; 0 if there is none. */
  readonly status: number;
  /** The `code` of the response, such as `SESSION_STORE_UNAVAILABLE`. */
  readonly code?: string | undefined;
}

/** A state with its times, as the tabs of a browser share it; by the clock of this device. */
export interface News {
  readonly state: BrowserSessionState;
  /** When the request for it left. */
  readonly askedAt: number;
  /** From when on a renewal has an effect. */
  readonly renewFrom: number;
}

/**
 * Asks the routes of `SessionStatusController`. The end counts from the request, since the response may take long.
 *
 * @throws BrowserSessionError
 */
export async function ask(url: string, method: 'GET' | 'POST', askedAt: number): Promise<News> {
  let status = 0;
  let body: Record<string, any> = {};
  try {
    const response = await page.fetch(url, { method, cache: 'no-store', credentials: 'include' });
    status = response.status;
    body = Object((await response.json()) as unknown) as typeof body;
  } catch {
    // Without a readable body, only the status counts.
  }
  const { id, endsIn, renewIn, code, reason } = body;
  if (status === 200 && id) {
    const renewFrom = renewIn === null ? Infinity : askedAt + renewIn;
    return { state: { live: true, id, endsAt: askedAt + endsIn }, askedAt, renewFrom };
  }
  if ((status === 200 || status === 401) && String(code).startsWith('SESSION_')) {
    return { state: { live: false, code, reason }, askedAt, renewFrom: Infinity };
  }
  const problem = status ? `responded with ${status}` : "can't be reached";
  throw Object.assign(new Error(`The session is unknown, because ${url} ${problem}.`), {
    status,
    code,
  });
}
