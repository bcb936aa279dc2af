import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as ServerSessions from 'nestjs-server-sessions';
import { TestClock } from '../support/sessions/test-clock.js';
import { rejectionOf } from '../support/promises/rejection.js';

interface IProduct {
  id: number;
  amount: number;
}
interface ISessionData {
  userId?: string;
  basket: IProduct[];
}

describe('the examples of server-sessions', () => {
  let folder: string;
  let clock: TestClock;
  let sessionManager: ServerSessions.SessionManager;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sessions-'));
    clock = new TestClock();
    sessionManager = await ServerSessions.init({
      expireTime: 24 * 60 * 60 * 1000,
      renewTimestamp: 60 * 60 * 1000,
      storagePath: join(folder, 'sessions.sqlite'),
      clock,
    });
  });
  afterEach(async () => {
    await sessionManager.close();
    rmSync(folder, { recursive: true });
  });

  const expired = async () => {
    const token = await sessionManager.createSession({ userId: 123 });
    clock.advance(24 * 60 * 60 * 1000);
    return token;
  };
  const removed = async () => {
    const token = await sessionManager.createSession({ userId: 123 });
    await sessionManager.removeSession(token);
    return token;
  };

  it('server-sessions example: an instance is created with a promise', () => {
    return ServerSessions.init({
      expireTime: 24 * 60 * 60 * 1000,
      renewTimestamp: 60 * 60 * 1000,
      storagePath: join(folder, 'promises.sqlite'),
    }).then((manager) => {
      expect(manager).toBeInstanceOf(ServerSessions.SessionManager);
      return manager.close();
    });
  });

  it('server-sessions example: a session is created with a promise', () => {
    return sessionManager.createSession({ userId: 123 }).then((token) => {
      expect(typeof token).toBe('string');
    });
  });

  it('server-sessions example: data is read and updated with promises', () => {
    let given: string;
    return sessionManager
      .createSession({ userId: 123 })
      .then((token) => {
        given = token;
        return sessionManager.retrieveSession(token);
      })
      .then((data) => {
        data.userId = 1337;
        return sessionManager.updateSession(given, data);
      })
      .then(() => sessionManager.retrieveSession(given))
      .then((data) => {
        expect(data).toEqual({ userId: 1337 });
      });
  });

  it('server-sessions example: data is read and updated with await', async () => {
    const token = await sessionManager.createSession({ userId: 123 });
    const data = await sessionManager.retrieveSession(token);
    data.userId = 13337;
    await sessionManager.updateSession(token, data);
    await expect(sessionManager.retrieveSession(token)).resolves.toEqual({ userId: 13337 });
  });

  it('server-sessions example: error classes distinguish expired from not found', async () => {
    const [late, gone] = [await expired(), await removed()];
    for (const call of [
      (token: string) => sessionManager.retrieveSession(token),
      (token: string) => sessionManager.updateSession(token, { userId: 1 }),
      (token: string) => sessionManager.renewSession(token),
    ]) {
      const lateError = await rejectionOf(call(late));
      expect(lateError instanceof ServerSessions.SessionExpiredError).toBe(true);
      expect(lateError instanceof ServerSessions.SessionNotFoundError).toBe(false);
      const goneError = await rejectionOf(call(gone));
      expect(goneError instanceof ServerSessions.SessionNotFoundError).toBe(true);
      expect(goneError instanceof ServerSessions.SessionExpiredError).toBe(false);
    }
  });

  it('server-sessions example: a session is removed', async () => {
    const token = await sessionManager.createSession({ userId: 123 });
    await sessionManager.removeSession(token);
    await expect(sessionManager.retrieveSession(token)).rejects.toThrow(
      ServerSessions.SessionNotFoundError,
    );
  });

  it('server-sessions example: expired sessions are removed and counted', async () => {
    await sessionManager.createSession({ userId: 123 });
    await expired();
    await expect(sessionManager.removeExpiredSessions()).resolves.toBe(2);
  });

  it('server-sessions example: an update and renewSession renew for renewTimestamp', async () => {
    const renewals = [
      (token: string) => sessionManager.renewSession(token),
      (token: string) => sessionManager.updateSession(token, { userId: 123 }),
    ];
    for (const renew of renewals) {
      const token = await sessionManager.createSession({ userId: 123 });
      clock.advance(24 * 60 * 60 * 1000 - 1);
      await renew(token);
      clock.advance(60 * 60 * 1000 - 1);
      await expect(sessionManager.retrieveSession(token)).resolves.toEqual({ userId: 123 });
    }
  });

  it('server-sessions example: the data of a session is typed', async () => {
    const typed: ServerSessions.SessionManager<ISessionData> =
      await ServerSessions.init<ISessionData>({ storagePath: join(folder, 'typed.sqlite') });
    const token = await typed.createSession({ basket: [{ id: 1, amount: 2 }] });
    const { basket } = await typed.retrieveSession(token);
    expect(basket[0]!.amount).toBe(2);
    await typed.close();
  });
});
