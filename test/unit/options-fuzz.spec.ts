import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { init, SessionsConfigurationError, type InitOptions } from 'nestjs-server-sessions';

const junk = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, NaN, Infinity, -1, 0, -0, '', 'text', ':memory:', true),
  fc.constantFrom<unknown>({}, [], ['a'], 1n, Symbol('junk'), () => 1, new Date(0), { now: 1 }),
  fc.double(),
  fc.string(),
  fc.string({ unit: 'binary' }),
);

/** Mostly good values, so that many sets are good as a whole, else anything. */
const or = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 20, arbitrary: good }, { weight: 1, arbitrary: junk });

const milliseconds = fc.oneof(fc.integer({ min: 1, max: 1e10 }), fc.double({ min: 1, max: 1e10 }));

const options = fc.record(
  {
    expireTime: or(milliseconds),
    renewTimestamp: or(milliseconds),
    absoluteTimeout: or(fc.oneof(milliseconds, fc.constant(false))),
    rolling: or(fc.boolean()),
    touchAfter: or(milliseconds),
    userId: or(fc.constant(() => undefined)),
    maxSessionsPerUser: or(fc.integer({ min: 1, max: 100 })),
    onSessionLimit: or(fc.constantFrom('evict-oldest', 'reject')),
    cleanup: or(fc.constantFrom(false, {}, { interval: 1000 }, { batchSize: 0 })),
    maxDataBytes: or(fc.integer({ min: 2, max: 1024 * 1024 })),
    acceptLegacyTokens: or(fc.boolean()),
    clock: or(fc.constant(Date)),
    tableName: or(fc.stringMatching(/^[A-Za-z_]\w{0,62}$/)),
    synchronize: or(fc.constant(true)),
    timeout: or(fc.integer({ min: 5000, max: 60_000 })),
    durability: or(fc.constantFrom('normal', 'full')),
    misspelt: fc.option(fc.anything(), { freq: 1, nil: undefined }),
  },
  { requiredKeys: [] },
);

describe('any set of options', () => {
  it('makes a manager that works, or a SessionsConfigurationError', async () => {
    const outcomes = { works: 0, refused: 0 };
    const holds = fc.asyncProperty(options, async ({ misspelt, ...given }) => {
      const more = misspelt === undefined ? {} : { misspelt };
      const all = { ...given, ...more, storagePath: ':memory:' } as InitOptions;
      let manager;
      try {
        manager = await init(all);
      } catch (error) {
        expect(error).toBeInstanceOf(SessionsConfigurationError);
        outcomes.refused++;
        return;
      }
      try {
        const token = await manager.createSession(0);
        expect(token).toHaveLength(80);
        outcomes.works++;
      } finally {
        await manager.close();
      }
    });
    await fc.assert(holds, { numRuns: 300 });
    expect(outcomes.works).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  });
});
