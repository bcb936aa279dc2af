import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  SessionDataError,
  SessionNotFoundError,
  type InitOptions,
  type SessionManager,
} from 'nestjs-server-sessions';
import { bearerOf } from '../support/http/responses.js';
import { describeAdapters, startApp } from '../support/applications/applications.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { damager, type DamagedTable } from '../support/faults/row-damager.js';
import { DAMAGES, edited, type Damage } from '../support/faults/row-damages.js';
import {
  openSessions,
  type TestDatabase,
  type TestSessions,
} from '../support/databases/databases.js';
import { inGroups } from '../support/promises/in-groups.js';
import { seededRandom } from '../support/arbitraries/seeded-random.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { ShopController } from '../support/applications/shop.controller.js';
import { SIZES } from './strangers.sizes.js';

const DATA = { userId: 'ann', basket: ['bread', 'butter', 'тёмный хлеб'] };
const OPTIONS: InitOptions = { ...SIZES.options, encryptionKeys: [randomBytes(32)] };

const damagesOf = (isSqlite: boolean) =>
  DAMAGES.filter(({ told, onSqlite }) => told !== 'nothing' && (!onSqlite || isSqlite));

/** The number of sessions with one of these damages each, and of healthy ones. */
async function damagedSessions(sessions: DamagedTable, damages: readonly Damage[]) {
  const random = seededRandom(14);
  const damaged = damager(sessions, random);
  const numbers = Array.from({ length: SIZES.damagedRows }, (_, number) => number);
  const create = () => sessions.manager.createSession(DATA);
  const healthy = await inGroups(numbers, 50, create);
  const broken = await inGroups(numbers, 20, async (number) => {
    const damage = damages[number % damages.length]!;
    const token = await create();
    await damaged.by(damage, token);
    return { token, damage };
  });
  return { healthy, broken };
}

describeShared((database: TestDatabase) => {
  let sessions: TestSessions;
  const crashes: unknown[] = [];
  const onCrash = (reason: unknown) => void crashes.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', onCrash);
    sessions = await openSessions(database, OPTIONS);
  });
  afterAll(async () => {
    await sessions.close();
    process.off('unhandledRejection', onCrash);
  });

  const callsOf = (manager: SessionManager) => [
    (token: string) => manager.retrieveSession(token),
    (token: string) => manager.inspectSession(token),
    (token: string) => manager.updateSession(token, (data: object) => data),
    (token: string) => manager.regenerateSession(token, { change: (data: object) => data }),
  ];

  it(`${SIZES.damagedRows} damaged rows are errors of their own sessions, and other sessions work`, async () => {
    const { manager } = sessions;
    const damages = damagesOf(database.storagePath !== undefined);
    const { healthy, broken } = await damagedSessions(sessions, damages);
    await inGroups(broken, 20, async ({ token, damage }, index) => {
      const reading = manager.retrieveSession(healthy[index]!);
      const [call] = callsOf(manager).slice(index % 4);
      const error = await rejectionOf(call!(token));
      const expected = damage.told === 'not found' ? SessionNotFoundError : SessionDataError;
      expect([damage.name, error]).toEqual([damage.name, expect.any(expected)]);
      expect(await reading).toEqual(DATA);
    });
    await inGroups(broken, 20, ({ token }) => manager.removeSession(token));
    const left = broken.filter(({ damage }) => damage.told === 'not found').length;
    const countOf = async (condition: string) => {
      const [row] = await sessions.select(
        `SELECT COUNT(*) AS count FROM ${sessions.tableName} WHERE ${condition}`,
      );
      return Number(row!['count']);
    };
    const isOwn = "(user_id <> 'eve' OR user_id IS NULL)";
    expect(await countOf(`end_reason = '' AND ${isOwn}`)).toBe(healthy.length + left);
    expect(await countOf("end_reason = 'logout' AND data = ''")).toBe(broken.length - left);
    expect(crashes).toEqual([]);
  });

  it(`a changed byte in each of ${SIZES.damagedRows} plain rows is an error or other JSON`, async () => {
    const plain = await sessions.another({ encryptionKeys: undefined });
    const random = seededRandom(41);
    const below = (limit: number) => Math.floor(random() * limit);
    const outcomes = { refused: 0, read: 0 };
    const numbers = Array.from({ length: SIZES.damagedRows }, (_, number) => number);
    await inGroups(numbers, 20, async () => {
      const token = await plain.createSession(DATA);
      const text = edited(JSON.stringify(DATA), below);
      const sql = `UPDATE ${sessions.tableName} SET data = $text WHERE id = $id`;
      await sessions.sequelize.query(sql, { bind: { text, id: token.split('.')[0] } });
      const [expected] = await Promise.allSettled([(async () => JSON.parse(text) as unknown)()]);
      const reading = plain.retrieveSession(token);
      if (expected.status === 'fulfilled') {
        expect(await reading).toEqual(expected.value);
        outcomes.read++;
      } else {
        expect(await rejectionOf(reading)).toBeInstanceOf(SessionDataError);
        outcomes.refused++;
      }
    });
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(0);
    expect(crashes).toEqual([]);
  });
});

describe('over HTTP', () => {
  describeAdapters((adapter) => {
    it(`${SIZES.damagedRows} damaged rows let nobody in over HTTP, and other sessions work`, async () => {
      const app = await startApp(adapter, { controllers: [ShopController], options: OPTIONS });
      const { manager, connection: sequelize } = app;
      const select = (sql: string) => sequelize.query(sql).then(([rows]) => rows as any);
      const place = { manager, sequelize, select, tableName: 'server_sessions' };
      const { healthy, broken } = await damagedSessions(place, damagesOf(true));
      const me = (token: string) => app.http().get('/me').set('Authorization', bearerOf(token));
      await inGroups(broken, 10, async ({ token, damage }, index) => {
        const [answer] = await Promise.all([me(token), me(healthy[index]!).expect(200)]);
        expect([damage.name, answer.status]).toEqual([damage.name, damage.told ? 401 : 500]);
        expect(answer.body.code).toBe(damage.told ? 'SESSION_NOT_FOUND' : 'SESSION_DATA');
      });
      await app.close();
    });
  });
});
