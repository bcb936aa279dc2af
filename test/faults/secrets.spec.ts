import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { init, type SessionManager } from 'nestjs-server-sessions';
import { inGroups } from '../support/promises/in-groups.js';

const COUNT = 100_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The last of 43 characters carries four bits. */
const LAST = 'AEIMQUYcgkosw048';

/**
 * The value that chi² exceeds once in 10⁹ times if all characters are equally likely, by degrees of freedom. So one of the
 * 43 positions exceeds its value by chance less than once in 10⁷ runs.
 */
const MOST: Record<number, number> = { 63: 156, 15: 76 };

describe('the secrets of many tokens', () => {
  let manager: SessionManager;
  let parts: string[][];

  beforeAll(async () => {
    manager = await init({ storagePath: ':memory:', cleanup: false, timeout: 20_000 });
    const tokens = await inGroups(Array.from({ length: COUNT }), 1000, () =>
      manager.createSession(),
    );
    parts = tokens.map((token) => token.split('.'));
  });
  afterAll(() => manager.close());

  it('every character is equally likely at each position of a secret', () => {
    for (let position = 0; position < 43; position++) {
      const characters = position === 42 ? LAST : ALPHABET;
      const counts = new Map(characters.split('').map((character) => [character, 0]));
      for (const [, secret] of parts) {
        const character = secret![position]!;
        counts.set(character, counts.get(character)! + 1);
      }
      const expected = COUNT / characters.length;
      const chi2 = [...counts.values()].reduce(
        (sum, count) => sum + (count - expected) ** 2 / expected,
        0,
      );
      expect(chi2).toBeLessThan(MOST[characters.length - 1]!);
    }
  });

  it('all secrets and all ids are different', () => {
    expect(new Set(parts.flat()).size).toBe(2 * COUNT);
  });
});
