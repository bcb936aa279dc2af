import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  SessionDataError,
  SessionDataTooLargeError,
  type SessionError,
} from 'nestjs-server-sessions';
import {
  embeddedMemory,
  openSessions,
  type TestSessions,
} from '../../../support/databases/databases.js';
import { rejectionOf } from '../../../support/promises/rejection.js';
import { unhandledRejectionsOf } from '../../../support/promises/unhandled-rejections.js';

const MAX_BYTES = 100;

const failing = () => Promise.reject(new Error('The directory is away.'));

const circular: Record<string, unknown> = {};
circular['self'] = circular;

const UNSTORABLE: [string, unknown][] = [
  ['that refers to itself', circular],
  ['with a BigInt', { amount: 1n }],
  ['that is a BigInt', 1n],
  ['with a function', { run: () => 1 }],
  [
    'with a method',
    new (class {
      own = () => 1;
    })(),
  ],
  ['with a class', { Type: Map }],
  ['with a symbol', { kind: Symbol('kind') }],
  ['that is a symbol', Symbol('kind')],
  ['with NaN', { price: NaN }],
  ['that is NaN', NaN],
  ['with Infinity', [1, Infinity]],
  ['with -Infinity', -Infinity],
  ['with a Map', { basket: new Map([['tea', 1]]) }],
  ['that is a Set', new Set(['tea'])],
  ['with a Buffer', { picture: Buffer.from('tea') }],
  ['that is bytes', new Uint8Array(3)],
  [
    'whose toJSON() throws',
    {
      toJSON: () => {
        throw new Error('secret');
      },
    },
  ],
  [
    'with a getter that throws',
    {
      get broken() {
        throw new Error('secret');
      },
    },
  ],
  [
    'with a userId that throws',
    {
      get userId() {
        throw new Error('secret');
      },
    },
  ],
];

/** Returns data of exactly so many bytes of JSON. */
const TOO_LARGE: [string, (bytes: number) => unknown][] = [
  ['ASCII', (bytes) => 'a'.repeat(bytes - 2)],
  ['two bytes a character', (bytes) => `${'ü'.repeat(20)}${'a'.repeat(bytes - 42)}`],
  ['four bytes a character', (bytes) => `${'🧺'.repeat(10)}${'a'.repeat(bytes - 42)}`],
  ['six bytes a character, escaped', (bytes) => `${'\0'.repeat(10)}${'a'.repeat(bytes - 62)}`],
  ['a lone surrogate, escaped', (bytes) => `\ud800${'a'.repeat(bytes - 8)}`],
  ['keys', (bytes) => ({ ['k'.repeat(bytes - 6)]: 1 })],
];

/** One byte more than allowed: the two of an array's brackets around one byte less. */
const tooLarge = (make: (bytes: number) => unknown) => [make(MAX_BYTES - 1)];

describe('data that is refused', () => {
  let sessions: TestSessions;
  let token: string;

  beforeAll(async () => {
    sessions = await openSessions(embeddedMemory, { maxDataBytes: MAX_BYTES });
    token = await sessions.manager.createSession('kept');
  });
  afterAll(() => sessions.close());

  const writes: [string, (data: unknown) => Promise<unknown>, string[]][] = [
    ['createSession', (data) => sessions.manager.createSession(data), []],
    [
      'updateSession with data',
      (data) => sessions.manager.updateSession(token, typeof data === 'function' ? [data] : data),
      [],
    ],
    [
      'updateSession by change',
      (data) => sessions.manager.updateSession(token, () => data),
      ['SELECT'],
    ],
  ];

  const refusal = async (write: () => Promise<unknown>, verbs: string[]) => {
    let error: unknown;
    const statements = await sessions.statementsOf(async () => {
      error = await rejectionOf(write());
    });
    expect(statements.map((sql) => /SELECT|INSERT|UPDATE|DELETE/.exec(sql)?.[0])).toEqual(verbs);
    await expect(sessions.manager.inspectSession(token)).resolves.toMatchObject({
      data: 'kept',
      version: 1,
    });
    return error as SessionError;
  };

  it.each<[unknown, string]>([
    [{ basket: () => 1 }, 'a value in its property "basket" is a function'],
    [{ user: 'ann', basket: [{ price: 1n }] }, 'a value in its property "basket" is a BigInt'],
    [{ basket: { 'ann@example.com': new Map() } }, 'a value in its property "basket" is a Map'],
    [{ 'ann@example.com': 1n }, 'a value in it is a BigInt'],
    [[1n], 'a value in it is a BigInt'],
    [1n, 'it is a BigInt'],
  ])(
    'the error for data that JSON loses names the top-level property: case %#',
    async (data, said) => {
      const error = await rejectionOf(sessions.manager.createSession(data));
      expect(error).toBeInstanceOf(SessionDataError);
      expect(String(error)).toContain(said);
      expect(String(error)).not.toContain('example.com');
    },
  );

  it.each<[string, () => unknown]>([
    ['promises', () => ({ user: failing(), basket: failing() })],
    ['a toJSON() that is async', () => ({ toJSON: failing })],
  ])('data with %s is refused, and no rejection is unhandled', async (_kind, make) => {
    const rejections = await unhandledRejectionsOf(async () => {
      const error = await rejectionOf(sessions.manager.createSession(make()));
      expect(error).toBeInstanceOf(SessionDataError);
      expect((error as SessionError).message).toContain('a promise');
    });
    expect(rejections).toEqual([]);
  });

  describe.each(writes)('by %s, with nothing written', (_name, write, verbs) => {
    it.each(UNSTORABLE)('data %s is refused', async (_kind, data) => {
      const error = await refusal(() => write(data), verbs);
      expect(error).toBeInstanceOf(SessionDataError);
      expect(error.code).toBe('ERR_SESSION_DATA');
      expect(error.message).not.toContain('secret');
    });

    it.each(TOO_LARGE)(
      'data with one byte more than maxDataBytes is refused: %s',
      async (_kind, make) => {
        const data = tooLarge(make);
        expect(Buffer.byteLength(JSON.stringify(data))).toBe(MAX_BYTES + 1);
        const error = await refusal(() => write(data), verbs);
        expect(error).toBeInstanceOf(SessionDataTooLargeError);
      },
    );

    it('the error for too large data names the size and the maximum', async () => {
      const error = await refusal(() => write('a'.repeat(MAX_BYTES - 1)), verbs);
      expect(error.code).toBe('ERR_SESSION_DATA_TOO_LARGE');
      expect(error.message).toContain(String(MAX_BYTES + 1));
      expect(error.message).toContain(`maxDataBytes allows ${MAX_BYTES}`);
    });
  });
});

/** Small in memory, but so large as JSON that encoding it would block the process. */
const EXPANDING: [string, () => unknown][] = [
  ['a sparse array', () => Object.assign([], { [2 ** 32 - 2]: 1 })],
  ['an array that is shared', () => doubled(60, (value) => [value, value])],
  ['an object that is shared', () => doubled(60, (value) => ({ a: value, b: value }))],
  ['a text that is shared', () => doubled(60, (value) => [value, value], 'a'.repeat(60_000))],
  ['a name that is shared', () => Array(500_000).fill({ ['a'.repeat(60_000)]: 1 })],
  ['an object of undefined that is shared', () => Array(30_000).fill(propertiesOf(200_000))],
];

function propertiesOf(count: number): Record<string, undefined> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [at, undefined]));
}

function doubled(times: number, both: (value: unknown) => unknown, first: unknown = 1): unknown {
  return times === 0 ? first : doubled(times - 1, both, both(first));
}

describe('data that is small in memory and large as JSON', () => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(embeddedMemory, {});
  });
  afterAll(() => sessions.close());

  it.each(EXPANDING)(
    'data that expands to large JSON is refused before its JSON is made: %s',
    async (_kind, make) => {
      const error = await rejectionOf(sessions.manager.createSession({ list: make() }));
      expect(error).toBeInstanceOf(SessionDataTooLargeError);
    },
  );
});

/** Returns nested objects and arrays in turn. */
function nestedTo(levels: number): unknown {
  let data: unknown = '[{"';
  for (let level = 0; level < levels; level++) {
    data = level % 2 === 0 ? [data] : { '}]"': data };
  }
  return data;
}

describe('the depth of data', () => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(embeddedMemory, {});
  });
  afterAll(() => sessions.close());

  it('data can be nested 100 levels deep', async () => {
    const token = await sessions.manager.createSession(nestedTo(100));
    await expect(sessions.manager.retrieveSession(token)).resolves.toEqual(nestedTo(100));
  });

  it.each([101, 5000, 20_000])('data that is nested %d levels deep is refused', async (levels) => {
    const error = await rejectionOf(sessions.manager.createSession(nestedTo(levels)));
    expect(error).toBeInstanceOf(SessionDataError);
    expect((error as SessionError).message).toContain('more than 100 levels');
  });

  it('the size of data is checked before its depth, for strings of any length', async () => {
    const error = await rejectionOf(sessions.manager.createSession('['.repeat(12_000_000)));
    expect(error).toBeInstanceOf(SessionDataTooLargeError);
  });

  it('brackets in strings do not count as levels', async () => {
    const data = { text: '[{"\\'.repeat(500) };
    const token = await sessions.manager.createSession(data);
    await expect(sessions.manager.retrieveSession(token)).resolves.toEqual(data);
  });
});

describe('data that is accepted', () => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(embeddedMemory, { maxDataBytes: MAX_BYTES });
  });
  afterAll(() => sessions.close());

  const roundTrip = async (data: unknown) =>
    sessions.manager.retrieveSession(await sessions.manager.createSession(data));

  it.each(TOO_LARGE)('data can have exactly maxDataBytes of UTF-8: %s', async (_kind, make) => {
    const data = make(MAX_BYTES);
    expect(Buffer.byteLength(JSON.stringify(data))).toBe(MAX_BYTES);
    await expect(roundTrip(data)).resolves.toEqual(data);
  });

  it('data comes back as its toJSON() returns it', async () => {
    const at = new Date(0);
    await expect(roundTrip({ at })).resolves.toEqual({ at: at.toJSON() });
    await expect(roundTrip({ toJSON: () => 'text' })).resolves.toBe('text');
  });

  it('data comes back as null if its toJSON() returns undefined', async () => {
    await expect(roundTrip({ toJSON: () => undefined })).resolves.toBeNull();
  });

  it('undefined properties of data are dropped, as in JSON', async () => {
    await expect(roundTrip({ a: undefined, b: 1 })).resolves.toEqual({ b: 1 });
  });

  it('data can be frozen or have no prototype', async () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    await expect(roundTrip(Object.freeze(bare))).resolves.toEqual({ a: 1 });
  });
});
