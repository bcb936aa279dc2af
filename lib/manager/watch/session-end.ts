import type { SessionEndReason } from '../../common/end-reason.js';
import type { RemovalReason, UntimedEvent } from '../session-events.js';
import type { SessionState } from '../session-row.js';

/**
 * Why a watched session ended:
 *
 * - `logout`: by its token.
 * - `replaced`: a login replaced it.
 * - `evicted`: a login exceeded the limit of its user.
 * - `revoked`: it was removed by its id, with others of its user or with all, or for a word that the application declared.
 * - `expired`: by its expiry.
 * - `device`: the bound cookie it was opened with has expired. The session goes on: the browser can get the next cookie.
 * - `rotated`: a rotation took the access of its token. The session goes on with another token.
 * - `ended`: for a reason that the database does not tell.
 *
 * @publicApi
 */
export type WatchEndReason =
  'logout' | 'replaced' | 'evicted' | 'revoked' | 'expired' | 'device' | 'rotated' | 'ended';

/**
 * The end of a watched session, by its public id.
 *
 * @publicApi
 */
export interface SessionEnd {
  /** The public id of the session. */
  readonly id: string;
  /** Why it ended. */
  readonly reason: WatchEndReason;
  /** What a client may see: the reason, or only `ended` if the session was ended and `showEndReason` is `false`. */
  readonly shownReason: WatchEndReason;
}

/** An end that was found, before it is known what clients may see of it. */
export type FoundEnd = Omit<SessionEnd, 'shownReason'>;

const REASONS: Readonly<
  Record<RemovalReason | 'evicted' | 'expired' | 'revoked' | 'ended', WatchEndReason>
> = {
  logout: 'logout',
  replaced: 'replaced',
  'by-id': 'revoked',
  'by-user': 'revoked',
  all: 'revoked',
  evicted: 'evicted',
  expired: 'expired',
  revoked: 'revoked',
  ended: 'ended',
};

/** Reasons of ends that no call caused: `showEndReason` does not hide them. */
const ALWAYS_SHOWN: ReadonlySet<WatchEndReason> = new Set(['expired', 'device', 'rotated']);

/** Adds the reason that clients get. */
export function withShownReason(end: FoundEnd, showEndReason: boolean): SessionEnd {
  const isShown = showEndReason || ALWAYS_SHOWN.has(end.reason);
  return { ...end, shownReason: isShown ? end.reason : 'ended' };
}

/** Returns the reason that watchers get for a word in the row of an ended session. */
export function watchReasonOf(word: string): WatchEndReason {
  return Object.hasOwn(REASONS, word) ? REASONS[word as keyof typeof REASONS] : 'revoked';
}

/**
 * Returns the end of a session that an event reports; `undefined` for any other event.
 *
 * @param word the reason in the row of the session, if a call gave one
 */
export function endByEvent(event: UntimedEvent, word?: SessionEndReason): FoundEnd | undefined {
  switch (event.type) {
    case 'removed':
      return { id: event.id, reason: watchReasonOf(word ?? event.reason) };
    case 'evicted':
    case 'expired':
      return { id: event.id, reason: event.type };
    default:
      return undefined;
  }
}

/** Returns why the session of a row has ended by now; `undefined` if it is live. */
export function endReasonOf(
  state: SessionState | undefined,
  now: number,
): WatchEndReason | undefined {
  if (!state) {
    return 'ended';
  }
  if (state.endReason !== '') {
    return watchReasonOf(state.endReason);
  }
  // A damaged row has no number here, and opens no session.
  return state.expiresAt > now ? undefined : 'expired';
}
