import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, SessionsModule, type SessionEvent } from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { ADAPTERS, startApp } from '../support/applications/applications.js';
import { SupportDeskController } from '../support/applications/support-desk.controller.js';
import { beforeStatement } from '../support/databases/before-statement.js';
import {
  DATABASES,
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { listenToStatements } from '../support/databases/statement-listener.js';
import { cookieOf } from '../support/http/responses.js';
import { idOf } from '../support/sessions/watching.js';

describeDatabases(
  (database) => {
    let sessions: TestSessions;
    /** The application's connection: its pool has one. */
    let connection: Sequelize;

    const ask = async (sql: string, transaction?: Transaction) => {
      const options = { type: QueryTypes.SELECT, ...(transaction && { transaction }) } as const;
      const [row] = await connection.query<{ answer: number }>(sql, options);
      return Number(row!.answer);
    };

    beforeEach(async () => {
      sessions = await openSessions(database, { timeout: LONG_TIMEOUT_MS });
      connection = database.connect(undefined, { pool: { max: 1 } });
    });
    afterEach(async () => {
      await connection.close();
      await sessions.close();
    });

    it('a login that was committed succeeds, even if its connection is cut before the lock is free', async () => {
      const { tableName, sequelize } = sessions;
      const before = beforeStatement(connection);
      const manager = await init({
        connection,
        tableName,
        maxSessionsPerUser: 1,
        timeout: LONG_TIMEOUT_MS,
      });
      const first = await manager.createSession({ userId: 'ann' });
      const events: SessionEvent['type'][] = [];
      manager.events$.subscribe(({ type }) => void events.push(type));
      before.next(/RELEASE_LOCK/, ({ threadId }) => sequelize.query(`KILL ${threadId}`));
      const second = await manager.createSession({ userId: 'ann' });
      expect(before.isAwaited).toBe(false);
      await expect(manager.retrieveSession(second)).resolves.toEqual({ userId: 'ann' });
      await expect(manager.retrieveSession(first)).rejects.toMatchObject({ reason: 'evicted' });
      expect(events).toEqual(['evicted', 'created']);
      await manager.close();
    });

    it('a session that begins to match while others are ended by a login is ended with an event', async () => {
      const { tableName, sequelize, clock, manager: unlimited } = sessions;
      const [plain, linked] = [
        await unlimited.createSession({ userId: 'ann' }),
        await unlimited.createSession({ userId: 'ann' }),
      ];
      const link = (value: string) =>
        sequelize.query(
          `UPDATE ${tableName} SET actor_session_id = ${value} WHERE id = '${idOf(linked)}'`,
        );
      // As in the session of an agent who acts as somebody else, and then returns.
      await link("'none'");
      const before = beforeStatement(connection);
      const timeout = LONG_TIMEOUT_MS;
      const manager = await init({ connection, tableName, clock, maxSessionsPerUser: 1, timeout });
      const evicted: string[] = [];
      manager.events$.subscribe((event) => {
        if (event.type === 'evicted') {
          evicted.push(event.id);
        }
      });
      before.next(/SET sweep_after/, () => link('NULL'));
      await manager.createSession({ userId: 'ann' });
      expect(before.isAwaited).toBe(false);
      expect(evicted.toSorted()).toEqual([plain, linked].map(idOf).toSorted());
      await expect(manager.countSessions('ann')).resolves.toBe(1);
      await manager.close();
    });

    it('a call that is too late leaves the isolation of the next transaction as it was', async () => {
      const { tableName, manager } = sessions;
      const app = await startApp(ADAPTERS[0]!, {
        controllers: [SupportDeskController],
        sessions: SessionsModule.forRoot({ connection, tableName, timeout: 2000 }),
      });
      const token = await app.manager.createSession({ userId: 'agent' });
      let answer!: () => void;
      const answered = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const stop = listenToStatements(connection, (text) =>
        text.startsWith('SET TRANSACTION') ? answered : undefined,
      );
      await app.http().post('/act-as/ann').set('Cookie', cookieOf(token)).expect(503);
      stop();
      answer();
      await connection.transaction(async (transaction) => {
        const count = `SELECT COUNT(*) AS answer FROM ${tableName}`;
        const before = await ask(count, transaction);
        await manager.createSession();
        expect(await ask(count, transaction)).toBe(before);
      });
      await app.close();
    });
  },
  DATABASES.filter(({ name }) => name === 'MariaDB' || name === 'MySQL dialect'),
);
