import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionManager, SessionNotFoundError, SessionsModule } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { Staff } from '../support/applications/two-kinds.js';
import { DATABASES, describeDatabases, IN_MEMORY } from '../support/databases/databases.js';

describeDatabases(
  (database) => {
    let folder: string;
    let connections: Sequelize[];
    const tables = ['one', 'other'].map((name) => `test_${name}_${randomBytes(6).toString('hex')}`);
    const [one, other] = tables as [string, string];

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'sessions-'));
      const path = join(folder, 'sessions.sqlite');
      connections = [database.connect(path), database.connect(path)];
    });
    afterEach(async () => {
      const [connection] = connections;
      for (const table of tables) {
        await connection!.query(`DROP TABLE IF EXISTS ${table}`);
      }
      await Promise.all(connections.map((each) => each.close()));
      rmSync(folder, { recursive: true });
    });

    /** Starts an application without HTTP, whose two kinds have these tables. */
    const start = (
      tableNames: readonly [string, string],
      [customers, staff]: readonly (Sequelize | undefined)[] = connections,
    ): Promise<INestApplicationContext> => {
      @Module({
        imports: [
          SessionsModule.forRoot({ connection: customers, tableName: tableNames[0] }),
          Staff.Module.forRoot({ connection: staff, tableName: tableNames[1] }),
        ],
      })
      class Worker {}
      return NestFactory.createApplicationContext(Worker, { logger: false, abortOnError: false });
    };

    it.each([
      ['on two connections', 1],
      ['on one connection', 0],
    ])('two kinds with one table are refused: %s', async (_, second) => {
      await expect(start([one, one], [connections[0], connections[second]])).rejects.toThrow(
        'Two kinds of sessions use the table',
      );
    });

    it.each([
      ['on two connections', 1],
      ['on one connection', 0],
    ])('two kinds with two tables have their own sessions: %s', async (_, second) => {
      const app = await start([one, other], [connections[0], connections[second]]);
      const customers = app.get(SessionManager);
      const staff = app.get(Staff.Manager);
      const ann = await customers.createSession({ userId: 'ann' });
      const bo = await staff.createSession({ userId: 'ann', role: 'agent' });
      await expect(staff.retrieveSession(ann)).rejects.toThrow(SessionNotFoundError);
      await expect(customers.retrieveSession(bo)).rejects.toThrow(SessionNotFoundError);
      expect(await customers.removeUserSessions('ann')).toBe(1);
      expect(await staff.retrieveSession(bo)).toEqual({ userId: 'ann', role: 'agent' });
      await app.close();
    });
  },
  DATABASES.filter((database) => !IN_MEMORY.includes(database)),
);
