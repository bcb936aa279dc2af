import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { init, SessionsConfigurationError, type InitOptions } from 'nestjs-server-sessions';
import { SessionManagerStore } from 'nestjs-server-sessions/express-session';
import { embeddedMemory, openSessions } from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

const DAY = 24 * 60 * 60 * 1000;
const YEARS = 365 * DAY;

const NO_NUMBERS = [NaN, Infinity, -Infinity, -1, 0, '1000', true, 10n, {}, [1000], () => 1000];
const NO_BOOLEANS = ['true', 'false', 1, 0, {}, []];
const NO_FUNCTIONS = ['userId', 1, true, {}, []];

/** Values that each option refuses. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  expireTime: [...NO_NUMBERS, false, null, 101 * YEARS],
  renewTimestamp: [...NO_NUMBERS, false, null, 101 * YEARS],
  absoluteTimeout: [...NO_NUMBERS, null, 101 * YEARS],
  touchAfter: [...NO_NUMBERS, false, null, 101 * YEARS],
  timeout: [...NO_NUMBERS, false, null, 9, 100.5, 601_000],
  maxDataBytes: [...NO_NUMBERS, false, null, 1, 100.5, 1024 * 1024 + 1],
  maxSessionsPerUser: [...NO_NUMBERS, false, null, 1.5],
  rolling: [...NO_BOOLEANS, null],
  showEndReason: [...NO_BOOLEANS, null],
  acceptLegacyTokens: [...NO_BOOLEANS, null],
  synchronize: [...NO_BOOLEANS, null],
  userId: [...NO_FUNCTIONS, null],
  clock: [...NO_FUNCTIONS, null, { now: 1000 }],
  schema: [...NO_BOOLEANS, null, { '~standard': {} }],
  durability: ['FULL', 'off', '', 1, true, null, {}],
  sqliteDriver: ['better-sqlite3', 'NODE', '', 1, true, null, {}],
  storagePath: ['', 'a\0b', 1, true, null, {}, [':memory:'], Buffer.from(':memory:')],
  tableName: [
    '',
    'a b',
    "a'b",
    'a"b',
    'a`b',
    'a;b',
    '1a',
    'ä',
    'x'.repeat(64),
    1,
    true,
    null,
    {},
    ['a'],
  ],
};

/** Options that are valid alone but not together, with what the message names. */
const CONTRADICTORY: [string, object, string[]][] = [
  [
    'expireTime over absoluteTimeout',
    { expireTime: 2, absoluteTimeout: 1 },
    ['expireTime', 'absoluteTimeout'],
  ],
  [
    'expireTime over the default absoluteTimeout',
    { expireTime: 31 * DAY },
    ['expireTime', 'absoluteTimeout'],
  ],
  [
    'touchAfter equal to renewTimestamp',
    { touchAfter: 1000, renewTimestamp: 1000 },
    ['touchAfter', 'renewTimestamp'],
  ],
  [
    'touchAfter over renewTimestamp',
    { touchAfter: 1001, renewTimestamp: 1000 },
    ['touchAfter', 'renewTimestamp'],
  ],
  [
    'touchAfter over the default renewTimestamp',
    { touchAfter: 2 * DAY },
    ['touchAfter', 'renewTimestamp'],
  ],
  [
    'onSessionLimit without a limit',
    { onSessionLimit: 'reject' },
    ['onSessionLimit', 'maxSessionsPerUser'],
  ],
];

const GOOD: [string, object][] = [
  ['none', {}],
  ['undefined for each', Object.fromEntries(Object.keys(WRONG).map((name) => [name, undefined]))],
  ['expireTime equal to absoluteTimeout', { expireTime: DAY, absoluteTimeout: DAY }],
  ['an absoluteTimeout under the default expireTime', { absoluteTimeout: 1000 }],
  ['no absoluteTimeout and a long expireTime', { absoluteTimeout: false, expireTime: YEARS }],
  [
    'the least of all',
    { expireTime: 1, renewTimestamp: 2, touchAfter: 1, timeout: 10, maxDataBytes: 2 },
  ],
  ['the least renewTimestamp', { renewTimestamp: 1 }],
  ['milliseconds with a fraction', { expireTime: 1000.5 }],
  ['rolling with a short expireTime', { rolling: true, expireTime: 100 }],
];

const opened = async (options: object) => {
  const manager = await init({ storagePath: ':memory:', ...options });
  await manager.close();
};

it('a long string in the place of an option is refused without a search that takes longer than linear time', async () => {
  const sessions = await openSessions(embeddedMemory);
  // A search that is quadratic in the colons takes minutes for so many.
  const except = ':'.repeat(5_000_000);
  await expect(sessions.manager.removeUserSessions('ann', { except })).rejects.toThrow(
    'a string too long to show',
  );
  await sessions.close();
});

it('a message shows no value or name of 32 characters, which can be a secret', async () => {
  const secret = randomBytes(16).toString('hex');
  const sessions = await openSessions(embeddedMemory);
  const calls: (() => unknown)[] = [
    () => new SessionManagerStore(sessions.manager, secret as never),
    () => new SessionManagerStore(secret as never, { secret }),
    () => new SessionManagerStore(sessions.manager, { [secret]: 1 } as never),
    () => opened({ encryptionKeys: { keys: secret } }),
    () => opened({ encryptionKeys: { encrypt: secret, keys: [randomBytes(32)] } }),
    () => opened({ [secret]: 1 }),
  ];
  for (const call of calls) {
    const { name, message } = (await rejectionOf(Promise.resolve().then(call))) as Error;
    expect(name).toBe('SessionsConfigurationError');
    expect(message).not.toContain(secret);
  }
  await sessions.close();
});

describe('options', () => {
  describe.each(Object.entries(WRONG))('%s', (name, values) => {
    it.each(values.map((value) => [value]))(
      'an option refuses %p with a message that names the option and the value',
      async (value) => {
        const error = await rejectionOf(opened({ [name]: value }));
        expect(error).toBeInstanceOf(SessionsConfigurationError);
        expect((error as Error).message).toMatch(new RegExp(`^${name} must be .+, got .+\\.$`));
      },
    );
  });

  it.each<[string, object]>([
    ['a function with properties', { expireTime: Object.assign(() => 1, { password: 'hunter2' }) }],
    [
      'a class that inspects itself',
      {
        expireTime: class {
          static [inspect.custom] = () => 'hunter2';
        },
      },
    ],
    ['a symbol', { expireTime: Symbol('hunter2') }],
    ['a long bigint', { expireTime: 10n ** 10_000n }],
    ['a long name', { [`hunter2${'a'.repeat(100_000)}`]: 1 }],
    ['a name of two lines', { 'a\nhunter': 1 }],
    ['the address of a database', { tableName: 'app:hunter2@db/app' }],
    ['a connection string', { tableName: 'Server=db;Password=hunter2' }],
    ['a name that is a connection string', { 'pwd=hunter2': 1 }],
  ])('messages show as little of a wrong value as possible: %s', async (_name, options) => {
    const { message } = (await rejectionOf(opened(options))) as Error;
    expect(message).not.toMatch(/hunter2|\n/);
    expect(message.length).toBeLessThan(600);
  });

  it.each(CONTRADICTORY)('contradictory options are refused: %s', async (_name, options, named) => {
    const error = await rejectionOf(opened(options));
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    for (const option of named) {
      expect((error as Error).message).toContain(option);
    }
  });

  it.each(GOOD)('valid options are accepted: %s', async (_name, options) => {
    await expect(opened(options)).resolves.toBeUndefined();
  });

  it.each([
    ['expiretime', 'expireTime'],
    ['expires', 'expireTime'],
    ['storage', 'storagePath'],
    ['renewTimeStamp', 'renewTimestamp'],
  ])('an unknown option is refused with the names of known ones: %s', async (wrong, right) => {
    const error = await rejectionOf(opened({ [wrong]: 1000 }));
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect((error as Error).message).toContain(`"${wrong}"`);
    expect((error as Error).message).toContain(right);
  });

  it.each([[null], ['./sessions.sqlite'], [42], [[]]])(
    'options that are %p instead of an object are refused',
    async (options) => {
      const error = await rejectionOf(init(options as unknown as InitOptions));
      expect(error).toBeInstanceOf(SessionsConfigurationError);
    },
  );

  it.each(['default', 1, null, true, {}, []])(
    'a connection that is %p is refused',
    async (connection) => {
      const error = await rejectionOf(init({ connection } as unknown as InitOptions));
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      expect((error as Error).message).toContain('connection');
    },
  );

  describe('encryptionKeys', () => {
    const key = randomBytes(32);

    it.each(['base64', 'base64url', 'hex'] as const)(
      'an encryption key can be 32 bytes in %s',
      async (encoding) => {
        await expect(opened({ encryptionKeys: [key.toString(encoding)] })).resolves.toBeUndefined();
      },
    );

    it('an encryption key can be a byte array', async () => {
      await expect(opened({ encryptionKeys: [key, new Uint8Array(32)] })).resolves.toBeUndefined();
    });

    it.each([{ keys: [key] }, { keys: [key], encrypt: true }, { keys: [key], encrypt: false }])(
      'encryptionKeys can be an object with keys: %j',
      async (encryptionKeys) => {
        await expect(opened({ encryptionKeys })).resolves.toBeUndefined();
      },
    );

    it.each([
      ['encryptionKeys.keys must be an array', {}],
      ['encryptionKeys.keys must be an array', { encrypt: false, keys: [] }],
      ['encryptionKeys.keys[1] must be 32 random bytes', { keys: [key, 'short'] }],
      ['encryptionKeys.encrypt must be true or false', { keys: [key], encrypt: 'no' }],
      ['encryptionKeys has no option "encrypts"', { keys: [key], encrypts: false }],
      ['encryptionKeys must be an array', key],
      ['encryptionKeys must be an array', null],
    ])('%s: encryptionKeys as an object is checked', async (message, encryptionKeys) => {
      const error = await rejectionOf(opened({ encryptionKeys }));
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      expect((error as Error).message).toContain(message);
    });

    it.each([
      ['no array', key.toString('hex')],
      ['an empty array', []],
      ['a short key', [randomBytes(16)]],
      ['a long key', [key, randomBytes(33)]],
      ['a passphrase', ['correct horse battery staple']],
      ['a key with a space', [` ${key.toString('base64url')}`]],
      ['a number', [32]],
      ['nothing', [undefined]],
    ])(
      'encryptionKeys refuses %s, and the message does not show it',
      async (_what, encryptionKeys) => {
        const error = await rejectionOf(opened({ encryptionKeys }));
        expect(error).toBeInstanceOf(SessionsConfigurationError);
        expect((error as Error).message).toMatch(/^encryptionKeys(\[\d\])? must be /);
        for (const given of [encryptionKeys].flat().filter((each) => typeof each === 'string')) {
          expect((error as Error).message).not.toContain(given);
        }
      },
    );
  });

  it('messages shorten long values', async () => {
    const secret = 'x'.repeat(1000);
    const error = await rejectionOf(opened({ expireTime: secret }));
    expect((error as Error).message.length).toBeLessThan(200);
  });

  it('the options object is not changed', async () => {
    const options = Object.freeze({ expireTime: 1000, cleanup: Object.freeze({ batchSize: 10 }) });
    await expect(opened(options)).resolves.toBeUndefined();
  });
});
