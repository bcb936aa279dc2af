import { afterEach, expect, it } from '@jest/globals';
import { SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import {
  describeDatabases,
  openSessions,
  SERVERS,
  type TestSessions,
} from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

const TIMEOUT = 1000;

/** Calls whose first statement reads, and calls whose first statement writes. */
const CALLS: [
  name: string,
  isWrite: boolean,
  (m: SessionManager, token: string) => Promise<unknown>,
][] = [
  ['retrieveSession', false, (manager, token) => manager.retrieveSession(token)],
  ['listSessions', false, (manager) => manager.listSessions('ann')],
  ['createSession', true, (manager) => manager.createSession({ userId: 'ann' })],
  [
    'updateSession',
    true,
    (manager, token) => manager.updateSession(token, { userId: 'ann', n: 1 }),
  ],
  ['renewSession', true, (manager, token) => manager.renewSession(token)],
  ['removeUserSessions', false, (manager) => manager.removeUserSessions('ann')],
];

describeDatabases((database) => {
  let sessions: TestSessions;
  let connection: Sequelize;
  let token: string;
  const undo: (() => Promise<unknown>)[] = [];

  const open = async (poolSize = 5) => {
    connection = database.connect(undefined, { pool: { max: poolSize, acquire: 60_000 } });
    undo.push(() => connection.close());
    sessions = await openSessions(database, { connection, timeout: TIMEOUT });
    undo.push(() => sessions.close());
    token = await sessions.manager.createSession({ userId: 'ann' });
  };
  afterEach(async () => {
    // The newest first, so that locks end before the table is dropped.
    for (const each of undo.splice(0).toReversed()) {
      await each();
    }
  });
  const failureOf = async (call: (typeof CALLS)[number][2]) => {
    const error = await rejectionOf(call(sessions.manager, token));
    expect(error).toBeInstanceOf(SessionStoreError);
    return error as SessionStoreError;
  };

  it.each(CALLS)('%s is unsent if the pool gives no connection', async (name, _isWrite, call) => {
    await open(1);
    const holder = await connection.transaction();
    undo.push(() => holder.rollback());
    const error = await failureOf(call);
    // A lookup shares its SELECT with others. If its own time ends first, it does not know whether that got a connection.
    const reasons = name === 'retrieveSession' ? ['unsent', 'unknown'] : ['unsent'];
    expect(reasons).toContain(error.reason);
    expect(error.isTransient).toBe(true);
    expect(error.message).not.toContain('may have been applied');
  });

  it.each(CALLS)(
    '%s is rejected permanently if the table is missing',
    async (_name, _isWrite, call) => {
      await open();
      await connection.query(`DROP TABLE ${sessions.tableName}`);
      const error = await failureOf(call);
      expect(error).toMatchObject({ reason: 'rejected', isTransient: false });
      expect(error.message).toMatch(/^The session database refused the statement \([\w, ]+\)\.$/);
    },
  );

  it.each(CALLS)(
    '%s is unknown if the response is late, and only a write may have been applied',
    async (_name, isWrite, call) => {
      await open();
      const other = database.connect(undefined, { pool: { max: 1 } });
      undo.push(() => other.close());
      await other.query(
        database.name === 'PostgreSQL'
          ? `BEGIN; LOCK TABLE ${sessions.tableName} IN ACCESS EXCLUSIVE MODE`
          : `LOCK TABLES ${sessions.tableName} WRITE`,
      );
      const error = await failureOf(call);
      expect(error).toMatchObject({ reason: 'unknown', isTransient: true });
      expect(error.message.includes('may have been applied')).toBe(isWrite);
    },
  );
}, SERVERS);
