import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { SessionManager } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { listenToStatements } from '../support/databases/statement-listener.js';
import { standStill } from '../support/processes/standstill.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';

const TIMEOUT = 500;

describeDatabases((database) => {
  let sessions: TestSessions;
  /** A manager of the same table that prepares and checks: a busy machine can keep its deadline. */
  let patient: SessionManager;
  let tokens: string[];

  beforeEach(async () => {
    sessions = await openSessions(database, { timeout: TIMEOUT });
    patient = await sessions.another({ timeout: LONG_TIMEOUT_MS });
    tokens = await Promise.all(
      Array.from({ length: 4 }, (_, user) => patient.createSession({ userId: `user ${user}` })),
    );
  });
  afterEach(() => sessions.close());

  /** Calls, and lets the process stand still as soon as the first statement was sent. */
  const standingStillAfterSending = async <Result>(call: () => Promise<Result>) => {
    let hasStoodStill = false;
    const stop = listenToStatements(sessions.sequelize, () => {
      if (!hasStoodStill) {
        hasStoodStill = true;
        process.nextTick(() => standStill(2 * TIMEOUT));
      }
    });
    try {
      return await call();
    } finally {
      stop();
      expect(hasStoodStill).toBe(true);
    }
  };

  it('calls succeed that the database has answered while the process stood still for longer than the timeout', async () => {
    const { manager } = sessions;
    const calls = () =>
      Promise.all([
        ...tokens.map((token) => manager.retrieveSession(token)),
        manager.updateSession(tokens[0]!, 'new'),
        manager.renewSession(tokens[1]!),
        manager.createSession('another'),
      ]);
    await expect(standingStillAfterSending(calls)).resolves.toHaveLength(7);
  });

  it('a call of several statements has time left after the process stood still', async () => {
    const { manager } = sessions;
    const change = () =>
      manager.updateSession(tokens[0]!, () => ({ userId: 'user 0', seen: true }));
    await expect(standingStillAfterSending(change)).resolves.toEqual({
      userId: 'user 0',
      seen: true,
    });
  });

  it('a rotation keeps its new token although the process stood still', async () => {
    const rotate = () => sessions.manager.regenerateSession(tokens[0]!);
    const token = await standingStillAfterSending(rotate);
    await expect(patient.retrieveSession(token)).resolves.toEqual({ userId: 'user 0' });
  });
});
