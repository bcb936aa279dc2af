import { createRequire } from 'node:module';
import { afterAll, expect, it, jest } from '@jest/globals';

// Before the library takes the function from there.
const crypto = createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');
const randomBytes = jest.spyOn(crypto, 'randomBytes') as jest.Mock;
const { init } = await import('nestjs-server-sessions');

afterAll(() => {
  jest.restoreAllMocks();
});

it('the secret of every token consists of 32 random bytes of the system', async () => {
  const sessions = await init({ storagePath: ':memory:' });
  randomBytes.mockImplementation((size) => Buffer.alloc(size as number, 7));
  const secret = Buffer.alloc(32, 7).toString('base64url');
  const token = await sessions.createSession();
  expect(token.slice(37)).toBe(secret);
  randomBytes.mockImplementation((size) => Buffer.alloc(size as number, 8));
  const rotated = await sessions.regenerateSession(token);
  expect(rotated.slice(37)).toBe(Buffer.alloc(32, 8).toString('base64url'));
  expect(randomBytes.mock.calls).toEqual([[32], [32]]);
  await sessions.close();
});
