import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { z } from 'zod';

const junk = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, NaN, Infinity, -1, 0, -0, '', 'text', ':memory:', true),
  fc.constantFrom<unknown>({}, [], ['a'], 1n, Symbol('junk'), () => 1, new Date(0), { now: 1 }),
  fc.double(),
  fc.string(),
  fc.string({ unit: 'binary' }),
);

/** Mostly valid values, so that many sets are valid as a whole; otherwise anything. */
const or = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: junk });

/** Times that mostly fit together, and sometimes any. */
const milliseconds = (min: number, max: number) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.oneof(fc.integer({ min, max }), fc.double({ min, max })) },
    { weight: 1, arbitrary: fc.double({ min: 1, max: 1e10 }) },
  );

/** The first of these, and sometimes another. */
const mostly = (usual: unknown, ...others: unknown[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const key = fc.oneof(
  fc
    .constantFrom('base64url', 'hex', 'base64')
    .map((form) => randomBytes(32).toString(form as 'hex')),
  fc.constant(randomBytes(32)),
);

const misspelt = fc.option(fc.anything(), { freq: 1, nil: undefined });

/** Any options of `init()`, valid and invalid, except those that say where sessions are stored. */
const ofManager = {
  expireTime: or(milliseconds(1e4, 1e9)),
  renewTimestamp: or(milliseconds(1e4, 1e9)),
  absoluteTimeout: or(fc.oneof(milliseconds(1e9, 1e10), fc.constant(false))),
  rolling: or(fc.boolean()),
  touchAfter: or(milliseconds(1, 1e4 - 1)),
  userId: or(fc.constant(() => undefined)),
  maxSessionsPerUser: or(fc.integer({ min: 1, max: 100 })),
  onSessionLimit: or(mostly(undefined, 'evict-oldest', 'reject')),
  cleanup: or(mostly({ interval: 1000 }, false, {}, { batchSize: 0 })),
  watch: or(mostly({ interval: 1000 }, {}, { interval: 0 })),
  maxDataBytes: or(fc.integer({ min: 2, max: 1024 * 1024 })),
  acceptLegacyTokens: or(fc.boolean()),
  encryptionKeys: or(
    fc.oneof(
      fc.array(or(key), { minLength: 1, maxLength: 3 }),
      fc.record({ encrypt: or(fc.boolean()), keys: or(fc.tuple(key)) }),
    ),
  ),
  schema: or(fc.constant(z.any())),
  clock: or(fc.constant(Date)),
  tableName: or(fc.stringMatching(/^[A-Za-z_]\w{0,62}$/)),
  synchronize: or(fc.constant(true)),
  timeout: or(fc.integer({ min: 30_000, max: 60_000 })),
  durability: or(fc.constantFrom('normal', 'full')),
  sqliteDriver: or(fc.constant('sqlite3')),
  misspelt,
};

const cookie = fc.record(
  {
    name: or(mostly('sid', '__Host-sid', '__Secure-sid', '__Http-sid', '__Host-Http-sid')),
    httpOnly: or(mostly(true, false)),
    secure: or(mostly(true, false)),
    sameSite: or(fc.constantFrom('strict', 'lax', 'none')),
    path: or(mostly('/', '/app', '/app/;x')),
    domain: or(mostly('example.com', 'localhost')),
    persistent: or(fc.boolean()),
    previous: or(mostly([], [{ name: 'old', until: 4e12 }], [{ name: 'sid' }])),
    misspelt,
  },
  { requiredKeys: [] },
);

const ofHttp = {
  transports: or(mostly(['cookie'], ['bearer'], ['cookie', 'bearer'])),
  cookie: or(cookie),
  csrf: or(mostly({ trustedOrigins: ['https://spa.example'] }, false, {}, { origins: [] })),
  clearSiteData: or(fc.subarray(['cache', 'cookies', 'storage'])),
  recordClient: or(fc.boolean()),
};

type OptionSet = Readonly<Record<string, unknown>>;

/** A misspelt option is not among those that are `undefined`. */
const withoutUndefined = ({ misspelt: wrong, ...options }: OptionSet): OptionSet =>
  wrong === undefined ? options : { ...options, misspelt: wrong };

/** Sets of options of `init()`. */
export const managerOptions: fc.Arbitrary<OptionSet> = fc
  .record(ofManager, { requiredKeys: [] })
  .map(withoutUndefined);

/** Sets of options of `SessionsModule.forRoot()`. */
export const moduleOptions: fc.Arbitrary<OptionSet> = fc
  .record({ ...ofManager, ...ofHttp }, { requiredKeys: [] })
  .map(withoutUndefined)
  .map((options) =>
    options['cookie'] && typeof options['cookie'] === 'object'
      ? { ...options, cookie: withoutUndefined(options['cookie'] as OptionSet) }
      : options,
  );
