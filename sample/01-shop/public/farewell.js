import { clockTime } from './countdown.js';

/** The storage key of the end of the session, for a customer who returns later: a time, and nothing secret. */
const ENDS_AT = 'session ends at';

export const remember = (endsAt) => localStorage.setItem(ENDS_AT, endsAt);
export const forget = () => localStorage.removeItem(ENDS_AT);
export const isRemembered = () => localStorage.getItem(ENDS_AT) !== null;

const SIGNED_OUT = 'You have been signed out here: from another of your devices, or by the shop.';
const ELSEWHERE = 'You signed in on another device, so this one was signed out.';
const GONE = 'You are no longer signed in. Did you log out in another tab?';

/** What to say of a session that was ended, by the reason. */
const WORDS_OF_ENDS = { logout: GONE, replaced: ELSEWHERE, evicted: ELSEWHERE };

/** Returns why there is no session any more, in words. */
export function wordsOfEnd({ code, reason }) {
  switch (code) {
    case 'SESSION_EXPIRED': {
      const endsAt = clockTime(Number(localStorage.getItem(ENDS_AT)));
      return `Your session ended at ${endsAt}, because nothing happened for a while.`;
    }
    case 'SESSION_MISSING':
      return GONE;
    default:
      return WORDS_OF_ENDS[reason] ?? SIGNED_OUT;
  }
}
