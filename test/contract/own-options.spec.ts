import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, type InitOptions } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { whilePolluted } from '../support/objects/prototype-pollution.js';
import { rejectionOf } from '../support/promises/rejection.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const WRONG = Symbol('wrong');

/** A call with the existing sessions. */
interface Given extends TestSessions {
  /** The live session of ann. */
  readonly ann: string;
  readonly expired: string;
}

type Call = (given: Given) => Promise<unknown>;

const idOf = (token: string) => token.split('.')[0]!;

const outcomeOf = async (promise: Promise<unknown>) => {
  const [outcome] = await Promise.allSettled([promise]);
  return outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).name;
};

/** The data of a new session. */
const created = async ({ manager }: Given, ...given: any[]) => {
  const token = await manager.createSession(...given);
  return async () => {
    const { userId, client, expiresAt, createdAt } = await manager.inspectSession(token);
    return { userId, client, lifetime: expiresAt.getTime() - createdAt.getTime() };
  };
};

const NEW = { userId: undefined, client: { ip: undefined, userAgent: undefined }, lifetime: DAY };

const finalCount = async ({ manager }: Given, options?: object) =>
  outcomeOf(manager.removeExpiredSessions(options));

/** A polluted property, the call that runs meanwhile, and its result without the pollution. */
const CALLS: [option: string, value: unknown, name: string, call: Call, expected: unknown][] = [
  ['expireTime', 1, 'createSession', (given) => created(given), NEW],
  ['userId', 'eve', 'createSession', (given) => created(given), NEW],
  ['userId', 'eve', 'createSession of data', (given) => created(given, {}), NEW],
  ['client', { ip: '192.0.2.66' }, 'createSession', (given) => created(given, {}, {}), NEW],
  ['ip', '192.0.2.66', 'createSession', (given) => created(given, {}, { client: {} }), NEW],
  ['userAgent', 'Eve', 'createSession', (given) => created(given, {}, { client: {} }), NEW],
  [
    'sameUser',
    true,
    'updateSession',
    ({ manager, ann }) => outcomeOf(manager.updateSession(ann, { userId: 'bob' }, {})),
    { userId: 'bob' },
  ],
  ...(['renewSession', 'updateSession', 'regenerateSession'] as const).map(
    (name): (typeof CALLS)[number] => [
      'allowExpired',
      true,
      name,
      ({ manager, expired }) => outcomeOf(manager[name](expired, {})),
      'SessionExpiredError',
    ],
  ),
  [
    'grace',
    HOUR,
    'regenerateSession',
    async ({ manager, ann }) => {
      await manager.regenerateSession(ann, {});
      return outcomeOf(manager.retrieveSession(ann));
    },
    'SessionNotFoundError',
  ],
  [
    'change',
    () => ({ userId: 'eve' }),
    'regenerateSession',
    async ({ manager, ann }) => {
      return outcomeOf(manager.retrieveSession(await manager.regenerateSession(ann, {})));
    },
    { userId: 'ann' },
  ],
  ...(['retrieveSession', 'updateSession'] as const).map((name): (typeof CALLS)[number] => [
    'replacedHash',
    'a hash',
    name,
    ({ manager, ann }) => outcomeOf(manager[name](ann, { userId: 'ann' })),
    { userId: 'ann' },
  ]),
  ['batchSize', WRONG, 'removeExpiredSessions', finalCount, 1],
  ['signal', AbortSignal.abort(), 'removeExpiredSessions', (given) => finalCount(given, {}), 1],
  ['onProgress', WRONG, 'removeExpiredSessions', (given) => finalCount(given, {}), 1],
  [
    'userId',
    'eve',
    'removeSessionById',
    ({ manager, ann }) => outcomeOf(manager.removeSessionById(idOf(ann), {})),
    1,
  ],
  [
    'except',
    WRONG,
    'removeUserSessions',
    ({ manager }) => outcomeOf(manager.removeUserSessions('ann', {})),
    1,
  ],
];

const OPTIONS: readonly (keyof InitOptions)[] = [
  'connection',
  'expireTime',
  'renewTimestamp',
  'absoluteTimeout',
  'rolling',
  'touchAfter',
  'userId',
  'maxSessionsPerUser',
  'onSessionLimit',
  'cleanup',
  'watch',
  'maxDataBytes',
  'encryptionKeys',
  'schema',
  'acceptLegacyTokens',
  'clock',
  'tableName',
  'synchronize',
  'storagePath',
  'timeout',
];

describeDatabases((database) => {
  describe('a property that other code put on Object.prototype', () => {
    let given: Given;
    beforeEach(async () => {
      const sessions = await openSessions(database);
      const expired = await sessions.manager.createSession({ userId: 'bob' }, { expireTime: HOUR });
      sessions.clock.advance(HOUR);
      const ann = await sessions.manager.createSession({ userId: 'ann' });
      given = { ...sessions, ann, expired };
    });
    afterEach(() => given.close());

    it.each(CALLS)(
      'a polluted Object.prototype is not read as an option of a call: %s, %p, of %s',
      async (option, value, _name, call, expected) => {
        const outcome = await whilePolluted({ [option]: value }, () => call(given));
        expect(typeof outcome === 'function' ? await outcome() : outcome).toEqual(expected);
      },
    );
  });
});

describe('a property that other code put on Object.prototype', () => {
  it.each(OPTIONS)(
    'a polluted Object.prototype is not read as an option of init(): %s',
    async (option) => {
      // The last option that is checked, so that Sequelize never runs with a polluted prototype.
      const error = await whilePolluted({ [option]: WRONG }, () =>
        rejectionOf(init({ durability: 'wrong' as never })),
      );
      expect((error as Error).message).toMatch(/^durability must be/);
    },
  );

  it.each(['interval', 'batchSize', 'retention'])(
    'a polluted Object.prototype is not read as an option of cleanup: %s',
    async (option) => {
      const error = await whilePolluted({ [option]: WRONG }, () =>
        rejectionOf(init({ cleanup: {}, durability: 'wrong' as never })),
      );
      expect((error as Error).message).toMatch(/^durability must be/);
    },
  );

  it('a polluted Object.prototype is not read as an option of watch: interval', async () => {
    const error = await whilePolluted({ interval: WRONG }, () =>
      rejectionOf(init({ watch: {}, durability: 'wrong' as never })),
    );
    expect((error as Error).message).toMatch(/^durability must be/);
  });
});
