/** What a call did to a session, as its caller knows it. */
export type Outcome =
  /** It succeeded. */
  | 'ok'
  /** It was refused: the session does not exist, or has ended. */
  | 'gone'
  /** It failed, and changed nothing. */
  | 'failed'
  /** It failed, and nobody knows whether it changed something. */
  | 'unknown'
  /** It failed by an error that no caller expects. */
  | `unexpected ${string}`;

/** A call that a client noted. Times are milliseconds of a clock that all processes share. */
export interface Call {
  readonly call: 'login' | 'read' | 'update' | 'renew' | 'rotate' | 'logout' | 'list';
  /** The client's name of the session; of a list, of the user. */
  readonly session: string;
  /** Which of the session's tokens was used: a login issues number 0, a rotation the next one. */
  readonly token: number;
  readonly start: number;
  readonly end: number;
  readonly outcome: Outcome;
  /** Whose data a read returned. */
  readonly owner?: string;
  /** The session's version and its counter of updates, as a read returned them. */
  readonly version?: number;
  readonly updates?: number;
  /** How many sessions a list returned. */
  readonly count?: number;
  /** Whether it was made when all faults were over. */
  readonly isAudit?: boolean;
}

/** All calls of a session, and those of one kind that changed it, or may have. */
export class SessionHistory {
  readonly calls: readonly Call[];

  constructor(calls: readonly Call[]) {
    this.calls = calls;
  }

  /** Returns the calls of a kind that succeeded before a moment. */
  doneBefore(call: Call['call'], moment: number): Call[] {
    return this.calls.filter(
      (each) => each.call === call && each.outcome === 'ok' && each.end < moment,
    );
  }

  /** Returns the calls of a kind that may have taken effect by a moment. */
  possibleBy(call: Call['call'], moment: number): Call[] {
    return this.calls.filter(
      ({ call: kind, outcome, start }) =>
        kind === call && (outcome === 'ok' || outcome === 'unknown') && start < moment,
    );
  }
}

/** Returns the calls of each session. */
export function bySession(calls: readonly Call[]): Map<string, SessionHistory> {
  const groups = new Map<string, Call[]>();
  for (const call of calls) {
    const group = groups.get(call.session) ?? [];
    group.push(call);
    groups.set(call.session, group);
  }
  return new Map([...groups].map(([session, group]) => [session, new SessionHistory(group)]));
}
