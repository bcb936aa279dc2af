import { ask } from './api.js';
import { clockTime } from './countdown.js';

/** The storage key by which the tabs of this browser share the end of the session: a time, and nothing secret. */
const ENDS_AT = 'session ends at';

export const remember = (endsAt) => localStorage.setItem(ENDS_AT, endsAt);
export const forget = () => localStorage.removeItem(ENDS_AT);
export const isRemembered = () => localStorage.getItem(ENDS_AT) !== null;

/** Returns why there is no session any more, as the shop's code and a message; `undefined` if there is one. */
export async function reasonOfEnd(idleTimeout) {
  const { code, reason } = await ask('GET', '/me').then(
    () => ({}),
    (refusal) => refusal,
  );
  return code && { code, words: wordsFor(code, reason, idleTimeout) };
}

const SIGNED_OUT = 'You have been signed out here: from another of your devices, or by the shop.';
const ELSEWHERE = 'You signed in on another device, so this one was signed out.';

/** What to say of a session that was ended, by the reason. */
const WORDS_OF_ENDS = {
  logout: 'You are no longer signed in. Did you log out in another tab?',
  replaced: ELSEWHERE,
  evicted: ELSEWHERE,
};

function wordsFor(code, reason, idleTimeout) {
  switch (code) {
    case 'SESSION_EXPIRED': {
      const endsAt = clockTime(Number(localStorage.getItem(ENDS_AT)));
      const minutes = Math.round(idleTimeout / 60_000);
      return `Your session ended at ${endsAt}, because nothing happened for ${minutes} minutes.`;
    }
    case 'SESSION_ENDED':
      return WORDS_OF_ENDS[reason] ?? SIGNED_OUT;
    case 'SESSION_NOT_FOUND':
      return SIGNED_OUT;
    case 'SESSION_MISSING':
      return 'You are no longer signed in. Did you log out in another tab?';
    default:
      return 'We can’t say at the moment whether you are still signed in.';
  }
}
