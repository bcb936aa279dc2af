import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize } from 'sequelize';
import {
  describeDatabases,
  EMBEDDED_FILES,
  openSessions,
  SERVERS,
  type TestSessions,
} from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';

const TIMEOUT = 300;

describeDatabases((database) => {
  let sessions: TestSessions;
  /** Opens another manager on the same pool. */
  let patient: SessionManager;
  let other: Sequelize;
  let token: string;

  beforeEach(async () => {
    sessions = await openSessions(database, { timeout: TIMEOUT });
    patient = await sessions.another({ timeout: LONG_TIMEOUT_MS });
    other = database.connect();
    token = await patient.createSession('data');
  });
  afterEach(async () => {
    await other.close();
    await sessions.close();
  });

  /** Locks the session's row while `work` runs, like a transaction of another client. */
  const whileLocked = async (work: () => Promise<void>) => {
    const transaction = await other.transaction();
    try {
      await other.query(`SELECT id FROM ${sessions.tableName} FOR UPDATE`, {
        transaction,
        type: QueryTypes.SELECT,
      });
      await work();
    } finally {
      await transaction.commit();
    }
  };

  describe('a row that another client has locked', () => {
    const writes: [string, (manager: SessionManager) => Promise<unknown>][] = [
      ['updateSession with data', (manager) => manager.updateSession(token, 'new')],
      ['updateSession by change', (manager) => manager.updateSession(token, () => 'new')],
      ['renewSession', (manager) => manager.renewSession(token)],
      ['removeSession', (manager) => manager.removeSession(token)],
    ];

    it.each(writes)(
      '%s fails with a SessionStoreError at the timeout if its row is locked',
      async (_name, write) => {
        sessions.clock.advance(1);
        await whileLocked(async () => {
          const late = write(sessions.manager);
          await expect(late).rejects.toThrow(SessionStoreError);
          await expect(late).rejects.toThrow(`${TIMEOUT} ms`);
        });
        const next = await patient.createSession('next');
        await patient.updateSession(next, 'works again');
        await expect(patient.retrieveSession(next)).resolves.toBe('works again');
      },
    );

    it('a locked row can still be read', async () => {
      await whileLocked(async () => {
        await expect(patient.retrieveSession(token)).resolves.toBe('data');
      });
    });
  });

  describe('a pool whose connections are all taken', () => {
    it('a call fails with a SessionStoreError at the timeout if the pool is exhausted, and later calls succeed', async () => {
      const taken = await Promise.all(
        Array.from({ length: 5 }, () => sessions.sequelize.transaction()),
      );
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionStoreError);
      await expect(sessions.manager.removeSession(token)).rejects.toThrow(
        /^The pool gave no connection within \d+ ms, so nothing was sent\. .* open transactions hold the pool/,
      );
      await Promise.all(taken.map((transaction) => transaction.rollback()));
      await expect(patient.retrieveSession(token)).resolves.toBe('data');
    });

    it('of lookups that arrive together, each fails at the timeout if the pool is exhausted', async () => {
      const tokens = await Promise.all(
        Array.from({ length: 150 }, (_, n) => patient.createSession(n)),
      );
      const taken = await Promise.all(
        Array.from({ length: 5 }, () => sessions.sequelize.transaction()),
      );
      const lookups = tokens.map((each) => sessions.manager.retrieveSession(each));
      const outcomes = await Promise.allSettled(lookups);
      await Promise.all(taken.map((transaction) => transaction.rollback()));
      expect(outcomes).toEqual(
        tokens.map(() => ({ status: 'rejected', reason: expect.any(SessionStoreError) })),
      );
      const later = tokens.map((each) => patient.retrieveSession(each));
      await expect(Promise.all(later)).resolves.toEqual(tokens.map((_, n) => n));
    });
  });
}, SERVERS);

describeDatabases((database) => {
  let path: string;
  let manager: SessionManager;
  let patient: SessionManager;
  let other: Sequelize;
  let token: string;

  beforeEach(async () => {
    path = database.storagePath!();
    manager = await init({ storagePath: path, ...database.driver, timeout: TIMEOUT });
    patient = await init({ storagePath: path, ...database.driver, timeout: LONG_TIMEOUT_MS });
    token = await patient.createSession('data');
    other = database.connect(path);
    await other.query('BEGIN IMMEDIATE');
  });
  afterEach(async () => {
    await manager.close();
    await patient.close();
    await other.close();
    rmSync(dirname(path), { recursive: true });
  });

  it('the embedded file can be read while another process writes', async () => {
    await expect(patient.retrieveSession(token)).resolves.toBe('data');
  });

  it('a write fails with a SessionStoreError while another process holds the lock', async () => {
    await expect(manager.updateSession(token, 'new')).rejects.toThrow(SessionStoreError);
    await other.query('COMMIT');
    await expect(patient.updateSession(token, 'newer')).resolves.toBe('newer');
  });

  it('a write that failed with a timeout is never applied later', async () => {
    // SQLite gives up a second before the deadline, which is longer than a delay of the scheduler.
    const late = await init({ storagePath: path, ...database.driver, timeout: 4000 });
    await expect(late.updateSession(token, 'too late')).rejects.toThrow(SessionStoreError);
    await other.query('COMMIT');
    await late.close();
    await expect(patient.retrieveSession(token)).resolves.toBe('data');
  });

  it('the embedded file can be read while a write waits for the lock', async () => {
    const write = patient.updateSession(token, 'new');
    await expect(patient.retrieveSession(token)).resolves.toBe('data');
    await other.query('COMMIT');
    await expect(write).resolves.toBe('new');
  });

  it('a write waits no longer than the lock is held', async () => {
    const write = patient.updateSession(token, 'new');
    await other.query('COMMIT');
    await expect(write).resolves.toBe('new');
  });
}, EMBEDDED_FILES);
