import { expect } from '@jest/globals';
import fc from 'fast-check';
import { SessionDataError, type SessionManager } from 'nestjs-server-sessions';

const RUNS = 25;

/** Any Unicode except NUL, and often characters that charsets lose. */
const TEXT = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }),
    fc.string({
      unit: fc.constantFrom(...Array.from('aé\u0080¦￤€Ģšжあ漢ﬁ😀"\\\u0301\ufeff\u{10ffff}')),
      minLength: 1,
      maxLength: 20,
    }),
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 120 }),
  )
  .map((text) => text.replaceAll('\0', '0'));

/** Returns the text with a question mark for each character that is not ASCII. */
export function inAscii(text: string): string {
  return text.replaceAll(/[\u0080-\u{10ffff}]/gu, '?');
}

/**
 * Creates sessions with random text as data, owner and user agent: all text comes back unchanged, and no user gets
 * sessions of another.
 *
 * @param holdsAllText `false` if an owner that is not ASCII may be refused, and user agents become ASCII
 */
export async function expectTextBack(manager: SessionManager, holdsAllText = true): Promise<void> {
  const counts = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(TEXT, TEXT, TEXT, async (text, userId, userAgent) => {
      const data = { [text]: text };
      const client = { userAgent: holdsAllText ? userAgent : inAscii(userAgent) };
      const token = await manager.createSession(data, { client: { userAgent } });
      await expect(manager.inspectSession(token)).resolves.toMatchObject({ data, client });
      try {
        const owned = await manager.createSession(text, { userId });
        await expect(manager.inspectSession(owned)).resolves.toMatchObject({ data: text, userId });
        counts.set(userId, (counts.get(userId) ?? 0) + 1);
      } catch (error) {
        if (!(error instanceof SessionDataError) || holdsAllText || userId === inAscii(userId)) {
          throw error;
        }
      }
    }),
    { numRuns: RUNS },
  );
  for (const [userId, count] of counts) {
    await expect(manager.listSessions(userId)).resolves.toHaveLength(count);
    await expect(manager.removeUserSessions(userId)).resolves.toBe(count);
  }
}
