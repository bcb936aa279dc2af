import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Module, type CanActivate, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionsModule } from 'nestjs-server-sessions';
import { SessionAdminModule } from 'nestjs-server-sessions/admin';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { addLiveRows } from '../support/databases/many-rows.js';
import { eventually } from '../support/promises/eventually.js';

const ROWS = 25_000;
/** Ids that come from hashes, above and below those that begin with the time. */
const IMPORTED = [
  '00000000-0000-8000-8000-000000000000',
  '01900000-0000-8000-8000-ffffffffffff',
  'ffffffff-0000-8000-8000-000000000000',
];
const DAY = 24 * 60 * 60 * 1000;

class OpenGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** Serves the operators' pages of sessions that a test has opened. */
async function servePages({
  sequelize,
  tableName,
  clock,
}: TestSessions): Promise<INestApplication> {
  @Module({
    imports: [
      SessionsModule.forRoot({
        connection: sequelize,
        tableName,
        clock,
        absoluteTimeout: 3650 * DAY,
      }),
      SessionAdminModule.forRoot({ guard: OpenGuard }),
    ],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

describeDatabases((database) => {
  let sessions: TestSessions;
  let app: INestApplication;
  let url: string;
  /** What the first look at the page sends, until the totals are counted. */
  let counting: string[];

  beforeAll(async () => {
    sessions = await openSessions(database, { expireTime: DAY });
    await addLiveRows(sessions, ROWS, sessions.clock.now());
    const values = IMPORTED.map(
      (id) => `('${id}', '${'h'.repeat(43)}', 'imported', 'null', 1, 1, 1, 1, 1)`,
    );
    await sessions.sequelize.query(
      `INSERT INTO ${sessions.tableName} (id, secret_hash, user_id, data, version, created_at, renewed_at, expires_at, sweep_after) ` +
        `VALUES ${values.join(', ')}`,
    );
    const mysql = ['mariadb', 'mysql'].includes(sessions.sequelize.getDialect());
    await sessions.select(`ANALYZE ${mysql ? 'TABLE ' : ''}${sessions.tableName}`);
    app = await servePages(sessions);
    url = `${await app.getUrl()}/admin/sessions`;
    counting = await sessions.statementsOf(() =>
      eventually(async () => expect(await read()).toContain('Counted')),
    );
  });
  afterAll(async () => {
    await app?.close();
    await sessions.close();
  });

  const read = async (path = '') => (await fetch(url + path)).text();
  const idsOn = (text: string) =>
    Array.from(text.matchAll(/\/session\/([0-9a-f-]{36})"/g), ([, id]) => id!);

  /** Returns the parts of a statement's plan that read a whole table. */
  const scansIn = async (statement: string): Promise<unknown[]> => {
    const sql = statement.replace(/^Executing.*?: /, '');
    const value = sql.includes('ANY(') ? "'{1}'" : "'1'";
    const explain = database.storagePath ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
    const rows = await sessions.select(`${explain} ${sql.replaceAll(/\$\w+|\?\d*/g, value)}`);
    return (rows as Record<string, unknown>[]).filter((row) => {
      // A slice of the table, or the ids of a lookup.
      const isDerived = /^(?:<|j$)/.test(String(row['table']));
      const detail = String(row['detail'] ?? row['QUERY PLAN'] ?? (isDerived ? '' : row['type']));
      return /Seq Scan|^ALL$|^SCAN (?!slice|newest|json_each)/.test(detail);
    });
  };

  it('the newest sessions come first, and ids without a time are left out', async () => {
    const newest = await sessions.manager.createSession({ userId: 'bob' });
    const [id] = newest.split('.');
    const text = await read();
    expect(idsOn(text)[0]).toBe(id);
    expect(idsOn(text)).toHaveLength(50);
    expect(text).not.toContain('imported');
    const next = await read(`?before=${idsOn(text).at(-1)}`);
    expect(idsOn(next)[0]! < idsOn(text).at(-1)!).toBe(true);
    expect(idsOn(next).toSorted().toReversed()).toEqual(idsOn(next));
  });

  it('the totals count every session', async () => {
    const numbers = Array.from((await read()).matchAll(/<dd>([\d,]+)<\/dd>/g), ([, text]) =>
      Number(text!.replaceAll(',', '')),
    );
    expect(numbers.reduce((sum, count) => sum + count, 0)).toBe(ROWS + IMPORTED.length);
    expect(counting.filter((sql) => sql.includes('COUNT('))).toHaveLength(3);
  });

  it('no page reads the whole table', async () => {
    const [id] = idsOn(await read());
    const statements = [...counting];
    for (const path of ['', `?before=${id}`, `/session/${id}`, '/user?id=ann']) {
      statements.push(...(await sessions.statementsOf(() => read(path))));
    }
    const selects = statements.filter((sql) => sql.includes(sessions.tableName));
    expect(selects.length).toBeGreaterThan(6);
    for (const sql of new Set(selects)) {
      expect({ sql, scans: await scansIn(sql) }).toEqual({ sql, scans: [] });
    }
  });
});
