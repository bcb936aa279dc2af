import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { init, SessionsConfigurationError, type InitOptions } from 'nestjs-server-sessions';
import { managerOptions } from '../support/arbitraries/option-sets.js';

describe('any set of options', () => {
  it('any set of options creates a working manager or a SessionsConfigurationError', async () => {
    const outcomes = { works: 0, refused: 0 };
    const holds = fc.asyncProperty(managerOptions, async (given) => {
      const all = { ...given, storagePath: ':memory:' } as InitOptions;
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
