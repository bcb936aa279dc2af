import { describe, expect, it } from '@jest/globals';
import {
  checkHistory,
  countViolations,
  NO_VIOLATIONS,
  type Violations,
} from '../support/history/check-history.js';
import type { Call } from '../support/history/history.js';

const LIMIT = 5;

/** Returns a call of one session that takes a millisecond. */
const call = (kind: Call['call'], start: number, more: Partial<Call> = {}): Call => ({
  call: kind,
  session: 'a',
  token: 0,
  start,
  end: start + 1,
  outcome: 'ok',
  ...more,
});

const LOGIN = call('login', 0);
const gone = { outcome: 'gone' } as const;

/** Histories that a correct store never has, each with what the checker must find. */
const WRONG: readonly [title: string, calls: readonly Call[], kind: keyof Violations][] = [
  ['a refusal without a logout', [LOGIN, call('read', 2, gone)], 'refused'],
  ['a refusal before the logout', [LOGIN, call('renew', 2, gone), call('logout', 4)], 'refused'],
  [
    'a refusal after a logout that changed nothing',
    [LOGIN, call('logout', 2, { outcome: 'failed' }), call('update', 4, gone)],
    'refused',
  ],
  [
    'a refusal of the token that a rotation issued',
    [LOGIN, call('rotate', 2), call('read', 4, { token: 1, ...gone })],
    'refused',
  ],
  [
    'a session that is missing at the end',
    [LOGIN, call('read', 9, { isAudit: true, ...gone })],
    'lost',
  ],
  ['a read after a logout', [LOGIN, call('logout', 2), call('read', 4)], 'undone'],
  ['an update after a logout', [LOGIN, call('logout', 2), call('update', 4)], 'undone'],
  ['a read by a replaced token', [LOGIN, call('rotate', 2), call('read', 4)], 'replaced'],
  ["another session's data", [LOGIN, call('read', 2, { owner: 'b' })], 'strangers'],
  ['a lost update', [LOGIN, call('update', 2), call('read', 4, { updates: 0 })], 'miscounted'],
  ['an update that nobody made', [LOGIN, call('read', 4, { updates: 1 })], 'miscounted'],
  [
    'an update that was made twice',
    [LOGIN, call('update', 2, { outcome: 'unknown' }), call('read', 4, { updates: 2 })],
    'miscounted',
  ],
  [
    'a version that falls',
    [LOGIN, call('read', 2, { version: 3 }), call('read', 4, { version: 2 })],
    'fallen',
  ],
  ['a list over the limit', [call('list', 2, { count: LIMIT + 1 })], 'overLimit'],
  [
    'an error that no caller expects',
    [LOGIN, call('read', 2, { outcome: 'unexpected TypeError' })],
    'unexpected',
  ],
];

/** Histories that a correct store can have, though some look like the wrong ones. */
const RIGHT: readonly [title: string, calls: readonly Call[]][] = [
  [
    'a visit from login to logout',
    [LOGIN, call('read', 2), call('logout', 4), call('read', 6, gone)],
  ],
  ['a read beside a logout', [LOGIN, call('logout', 2, { end: 9 }), call('read', 4)]],
  ['a refusal beside a logout', [LOGIN, call('logout', 2, { end: 9 }), call('read', 4, gone)]],
  [
    'either after a logout whose outcome nobody knows',
    [LOGIN, call('logout', 2, { outcome: 'unknown' }), call('read', 4), call('read', 6, gone)],
  ],
  [
    'a refusal of a replaced token, and the new one works',
    [LOGIN, call('rotate', 2), call('read', 4, gone), call('read', 4, { token: 1 })],
  ],
  [
    'an update whose outcome nobody knows counts or not',
    [
      LOGIN,
      call('update', 2, { outcome: 'unknown' }),
      call('read', 4, { updates: 0 }),
      call('read', 6, { updates: 1 }),
    ],
  ],
  ['a list at the limit', [call('list', 2, { count: LIMIT })]],
  ['a call that failed', [LOGIN, call('read', 2, { outcome: 'failed' })]],
];

describe('the check of histories', () => {
  it.each(WRONG)('finds %s', (_title, calls, kind) => {
    expect(countViolations(checkHistory(calls, LIMIT))).toEqual({ ...NO_VIOLATIONS, [kind]: 1 });
  });

  it.each(RIGHT)('accepts %s', (_title, calls) => {
    expect(countViolations(checkHistory(calls, LIMIT))).toEqual(NO_VIOLATIONS);
  });
});
