import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SessionManager } from 'nestjs-server-sessions';

// Node's own function, replaced before the library binds it, so nothing here may import the library statically.
const compare = jest.spyOn(process.getBuiltinModule('node:crypto'), 'timingSafeEqual');
const { init, SessionNotFoundError } = await import('nestjs-server-sessions');

describe('the secret of a token', () => {
  let manager: SessionManager;
  let token: string;
  let wrong: string;

  beforeAll(async () => {
    manager = await init({ storagePath: ':memory:', cleanup: false });
  });
  afterAll(() => manager.close());
  beforeEach(async () => {
    token = await manager.createSession('mine');
    const [id] = token.split('.');
    wrong = [id, (await manager.createSession('other')).split('.')[1]].join('.');
    compare.mockReset();
  });

  it('the secret is compared by timingSafeEqual over the whole hash', async () => {
    await manager.retrieveSession(wrong).catch(() => {});
    const [[stored, given]] = compare.mock.calls as unknown as [[Buffer, Buffer]];
    expect([stored.length, given.length]).toEqual([43, 43]);
  });

  it('only timingSafeEqual decides whether a secret is right', async () => {
    compare.mockReturnValue(true);
    await expect(manager.retrieveSession(wrong)).resolves.toBe('mine');
    compare.mockReturnValue(false);
    await expect(manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
  });
});
