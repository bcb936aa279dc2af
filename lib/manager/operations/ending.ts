import type { SessionEndReason } from '../../common/end-reason.js';
import type { ExpiryRules } from '../expiry/expiry.js';
import type { Ending } from '../session-store.js';

/** Returns how a call that runs now ends sessions, for this reason. */
export function endingNow(reason: SessionEndReason, { clock, retention }: ExpiryRules): Ending {
  return { reason, now: clock.now(), keepsRow: retention > 0 };
}

/** Returns how a call deletes sessions now. */
export function deletionNow({ clock }: ExpiryRules): Ending {
  return { reason: 'replaced', now: clock.now(), keepsRow: false };
}
