import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module, type CanActivate, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionsModule } from 'nestjs-server-sessions';
import { SessionAdminModule } from 'nestjs-server-sessions/admin';
import { openSessions, SERVERS, type TestSessions } from '../support/databases/databases.js';
import { describeDatabases } from '../support/databases/databases.js';
import { addLiveRows } from '../support/databases/many-rows.js';
import { eventually } from '../support/promises/eventually.js';
import { SIZES } from './sizes.js';

/** Milliseconds that the first page, with the newest sessions, may take. */
const PAGE_MS = 1000;
/** Milliseconds that a statement may take on PostgreSQL, by its own clock. */
const STATEMENT_MS = 100;

class OpenGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

const postgres = SERVERS.filter(({ name }) => name === 'PostgreSQL');

describeDatabases((database) => {
  describe(`the operators' pages of ${SIZES.surveyedRows} sessions`, () => {
    let sessions: TestSessions;
    let app: INestApplication;
    let url: string;

    beforeAll(async () => {
      sessions = await openSessions(database, { clock: Date, timeout: 60_000 });
      const { sequelize, tableName } = sessions;
      await addLiveRows(sessions, SIZES.surveyedRows);
      await sessions.select(`ANALYZE ${tableName}`);

      @Module({
        imports: [
          SessionsModule.forRoot({ connection: sequelize, tableName }),
          SessionAdminModule.forRoot({ guard: OpenGuard }),
        ],
      })
      class AppModule {}
      app = await NestFactory.create(AppModule, { logger: false });
      await app.listen(0, '127.0.0.1');
      url = `${await app.getUrl()}/admin/sessions`;
    });
    afterAll(async () => {
      await app?.close();
      await sessions.close();
    });

    const read = async (path = '') => (await fetch(url + path)).text();
    const idsOn = (text: string) =>
      Array.from(text.matchAll(/\/session\/([0-9a-f-]{36})"/g), ([, id]) => id!);

    it('the first page comes at once, and the totals of all sessions soon after', async () => {
      const since = performance.now();
      const text = await read();
      const took = performance.now() - since;
      expect(idsOn(text)).toHaveLength(50);
      if (SIZES.timed) {
        expect(took).toBeLessThan(PAGE_MS);
      }
      await eventually(async () => expect(await read()).toContain('Counted'), 60_000);
      const live = SIZES.surveyedRows.toLocaleString('en');
      expect(await read()).toContain(`<dd>${live}</dd>`);
    });

    it('no statement of a page reads the whole table, or takes long', async () => {
      const [id] = idsOn(await read());
      const statements = await sessions.statementsOf(async () => {
        for (const path of ['', `?before=${id}`, `/session/${id}`, '/user?id=ann']) {
          await read(path);
        }
      });
      statements.push(
        `SELECT COUNT(*), COUNT(CASE WHEN end_reason = '' THEN 1 END), MAX(id) FROM (SELECT id, end_reason ` +
          `FROM ${sessions.tableName} WHERE id > $1 ORDER BY id LIMIT 10000) slice`,
      );
      for (const statement of statements.filter((sql) => sql.includes(sessions.tableName))) {
        const bound = statement.includes('ANY(') ? `'{${id}}'` : `'1'`;
        const sql = statement
          .replace('id > $1', `id > '${id!.slice(0, 24)}'`)
          .replace('id < $1', `id < '${id}'`)
          .replace('user_id = $1', "user_id = 'ann'")
          .replaceAll(/\$\d+/g, bound);
        const rows = await sessions.select(`EXPLAIN (ANALYZE) ${sql}`);
        const plan = (rows as Record<string, string>[]).map((row) => row['QUERY PLAN']!).join('\n');
        expect(plan).not.toContain('Seq Scan');
        const [, milliseconds] = /Execution Time: ([\d.]+) ms/.exec(plan)!;
        if (SIZES.timed) {
          expect({ plan, isFast: Number(milliseconds) < STATEMENT_MS }).toMatchObject({
            isFast: true,
          });
        }
      }
    });
  });
}, postgres);
