import fc from 'fast-check';
import type { SessionCookieOptions, SessionsModuleOptions } from 'nestjs-server-sessions';
import { z } from 'zod';

/** What the sessions of these pairs hold. */
export interface OwnedData {
  readonly userId: string;
  readonly account: string;
  readonly basket: readonly string[];
}

/** The options of two deploys of one application. */
export interface OptionPair {
  readonly a: SessionsModuleOptions<any>;
  readonly b: SessionsModuleOptions<any>;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const anyOf = (...sets: object[]) => fc.constantFrom(...sets);

/** Times that are valid together: none of them is below a minute, or above `absoluteTimeout`. */
const times = fc.record(
  {
    expireTime: fc.integer({ min: MINUTE, max: 2 * DAY }),
    renewTimestamp: fc.integer({ min: MINUTE, max: 2 * DAY }),
    absoluteTimeout: fc.constantFrom<number | false>(false, 2 * DAY, 30 * DAY),
    touchAfter: fc.integer({ min: 1, max: MINUTE - 1 }),
    rolling: fc.boolean(),
  },
  { requiredKeys: [] },
);

const owner = anyOf(
  {},
  { userId: (data?: OwnedData) => data?.userId },
  { userId: (data?: OwnedData) => data?.account },
  { userId: () => undefined },
  { userId: () => null },
);

const limit = anyOf(
  {},
  { maxSessionsPerUser: 1 },
  { maxSessionsPerUser: 2, onSessionLimit: 'reject' },
  { maxSessionsPerUser: 2, onSessionLimit: 'evict-oldest' },
);

/** A schema that is printed by its name if a test fails. */
const named = (name: string, schema: z.ZodType) => ({
  '~standard': schema['~standard'],
  [fc.toStringMethod]: () => name,
});
const basket = z.array(z.string());
const schema = anyOf(
  {},
  { schema: named('a loose schema', z.looseObject({ basket })) },
  {
    schema: named(
      'a loose schema with a default',
      z.looseObject({ basket, theme: z.string().default('light') }),
    ),
  },
);

const others = fc.record(
  {
    maxDataBytes: fc.constantFrom(150, 300, 65_536),
    cleanup: fc.constantFrom<SessionsModuleOptions['cleanup']>(
      false,
      { interval: 20, batchSize: 1, retention: 0 },
      { interval: 20 },
    ),
    acceptLegacyTokens: fc.boolean(),
    transports: fc.oneof(
      { weight: 4, arbitrary: fc.constant(['cookie', 'bearer'] as const) },
      { weight: 1, arbitrary: fc.constantFrom(['cookie'] as const, ['bearer'] as const) },
    ),
    csrf: fc.constantFrom<SessionsModuleOptions['csrf']>(false, {
      trustedOrigins: ['https://spa.example.com'],
    }),
    clearSiteData: fc.constantFrom<NonNullable<SessionsModuleOptions['clearSiteData']>>(
      ['cookies'],
      ['cache'],
    ),
    recordClient: fc.boolean(),
  },
  { requiredKeys: [] },
);

const KEYS = ['a', 'b', 'c'].map((letter) => Buffer.alloc(32, letter).toString('hex'));

interface Encryption {
  readonly writes: string | undefined;
  readonly reads: readonly string[];
  readonly options: Pick<SessionsModuleOptions, 'encryptionKeys'>;
}

const encryption: fc.Arbitrary<Encryption> = fc
  .tuple(fc.constantFrom('none', 'reads', 'writes'), fc.shuffledSubarray(KEYS, { minLength: 1 }))
  .map(([form, keys]) => {
    if (form === 'none') {
      return { writes: undefined, reads: [], options: {} };
    }
    return form === 'reads'
      ? { writes: undefined, reads: keys, options: { encryptionKeys: { encrypt: false, keys } } }
      : { writes: keys[0], reads: keys, options: { encryptionKeys: keys } };
  });

/** Each reads what the other writes: a skipped step is a 500 by design (docs/deploying.md). */
const encryptions = fc
  .tuple(encryption, encryption)
  .filter(([a, b]) =>
    [a.writes && b.reads.includes(a.writes), b.writes && a.reads.includes(b.writes)].every(
      (isRead) => isRead !== false,
    ),
  );

type NamedCookie = SessionCookieOptions & { readonly name: string };

/** Cookies whose name, domain or path differ. */
const COOKIES: readonly NamedCookie[] = [
  { name: '__Host-id' },
  { name: 'id', secure: false },
  { name: '__Secure-id', domain: 'example.com' },
  { name: 'app-id', path: '/app' },
];

const attributes = fc.record(
  {
    httpOnly: fc.boolean(),
    sameSite: fc.constantFrom('strict' as const, 'lax' as const),
    persistent: fc.boolean(),
  },
  { requiredKeys: [] },
);

const UNTIL = Date.UTC(2100, 0);

/** Each of the two cookies lists the other as a previous one, as docs/deploying.md says for a new name. */
const cookies = fc
  .tuple(fc.constantFrom(...COOKIES), fc.constantFrom(...COOKIES), attributes, attributes)
  .map(([a, b, ofA, ofB]) => {
    const previous = ({ name, domain, path }: NamedCookie, current: NamedCookie) =>
      name === current.name
        ? {}
        : { previous: [{ name, until: UNTIL, ...(domain && { domain }), ...(path && { path }) }] };
    return [
      { cookie: { ...a, ...ofA, ...previous(b, a) } },
      { cookie: { ...b, ...ofB, ...previous(a, b) } },
    ] as const;
  });

/** Without the transport `cookie`, these options are refused. */
const withoutUseless = (options: SessionsModuleOptions): SessionsModuleOptions => {
  const { cookie, csrf, clearSiteData, ...rest } = options;
  return options.transports?.includes('cookie') === false ? rest : options;
};

const single = fc.tuple(times, owner, limit, schema, others);

/**
 * Pairs of valid option sets that may follow each other or run beside each other, by the rules of docs/deploying.md. The
 * ids that the functions `userId` return never name two users.
 */
export const optionPairs: fc.Arbitrary<OptionPair> = fc
  .tuple(single, single, encryptions, cookies)
  .map(([a, b, [keysOfA, keysOfB], [cookieOfA, cookieOfB]]) => ({
    a: withoutUseless(Object.assign({}, ...a, keysOfA.options, cookieOfA)),
    b: withoutUseless(Object.assign({}, ...b, keysOfB.options, cookieOfB)),
  }));
