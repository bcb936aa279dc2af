import { bySession, type Call, type SessionHistory } from './history.js';

/** What no history may have, each with the calls that show it. */
export interface Violations {
  /** Refusals of a session that nobody ended, when all faults were over. */
  readonly lost: Call[];
  /** The same while faults went on: a 401 for a user who is logged in. */
  readonly refused: Call[];
  /** Calls that succeeded after an acknowledged logout. */
  readonly undone: Call[];
  /** Calls that succeeded by a token that an acknowledged rotation had replaced. */
  readonly replaced: Call[];
  /** Reads that returned another session's data. */
  readonly strangers: Call[];
  /** Reads that miss an acknowledged update, or have one that nobody made. */
  readonly miscounted: Call[];
  /** Reads of a lower version than an earlier read returned. */
  readonly fallen: Call[];
  /** Lists of more sessions than the limit. */
  readonly overLimit: Call[];
  /** Calls that ended with an error that no caller expects. */
  readonly unexpected: Call[];
}

/** The history of a correct store. */
export const NO_VIOLATIONS: Readonly<Record<keyof Violations, number>> = {
  lost: 0,
  refused: 0,
  undone: 0,
  replaced: 0,
  strangers: 0,
  miscounted: 0,
  fallen: 0,
  overLimit: 0,
  unexpected: 0,
};

/**
 * Checks the calls of all clients. It judges only by calls that were over before others began, so that no order of calls
 * that overlap counts as a violation.
 *
 * @param limit how many sessions a user may have
 */
export function checkHistory(calls: readonly Call[], limit: number): Violations {
  const found: Violations = {
    lost: [],
    refused: [],
    undone: [],
    replaced: [],
    strangers: [],
    miscounted: [],
    fallen: [],
    overLimit: [],
    unexpected: [],
  };
  for (const history of bySession(calls).values()) {
    for (const call of history.calls) {
      if (call.outcome === 'gone' && !mayHaveEnded(history, call)) {
        (call.isAudit ? found.lost : found.refused).push(call);
      }
      if (call.outcome.startsWith('unexpected')) {
        found.unexpected.push(call);
      }
      if (call.outcome !== 'ok') {
        continue;
      }
      if (call.call === 'list' && call.count! > limit) {
        found.overLimit.push(call);
      }
      if (opensSession(call) && history.doneBefore('logout', call.start).length > 0) {
        found.undone.push(call);
      }
      if (opensSession(call) && history.doneBefore('rotate', call.start).some(replacing(call))) {
        found.replaced.push(call);
      }
      if (call.owner !== undefined && call.owner !== call.session) {
        found.strangers.push(call);
      }
      if (call.updates !== undefined && !isPossibleCount(history, call)) {
        found.miscounted.push(call);
      }
      if (call.version !== undefined && call.version < versionBefore(history, call.start)) {
        found.fallen.push(call);
      }
    }
  }
  return found;
}

/** Returns how many of each kind there are. */
export function countViolations(found: Violations): Record<keyof Violations, number> {
  return Object.fromEntries(
    Object.entries(found).map(([kind, calls]) => [kind, (calls as Call[]).length]),
  ) as Record<keyof Violations, number>;
}

const opensSession = ({ call }: Call): boolean =>
  ['read', 'update', 'renew', 'rotate'].includes(call);

const replacing =
  ({ token }: Call) =>
  (rotation: Call): boolean =>
    rotation.token === token;

/** Returns whether a logout, or a rotation of the same token, may have taken effect before the refusal. */
function mayHaveEnded(history: SessionHistory, refusal: Call): boolean {
  return (
    history.possibleBy('logout', refusal.end).length > 0 ||
    history
      .possibleBy('rotate', refusal.end)
      .some((each) => each !== refusal && replacing(refusal)(each))
  );
}

function isPossibleCount(history: SessionHistory, { updates, start, end }: Call): boolean {
  const least = history.doneBefore('update', start).length;
  const most = history.possibleBy('update', end).length;
  return least <= updates! && updates! <= most;
}

function versionBefore(history: SessionHistory, moment: number): number {
  return Math.max(0, ...history.doneBefore('read', moment).map(({ version }) => version ?? 0));
}
