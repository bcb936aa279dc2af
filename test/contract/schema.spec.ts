import { afterEach, describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import { init, SessionDataError, SessionDataTooLargeError } from 'nestjs-server-sessions';
import * as v from 'valibot';
import { z } from 'zod';
import { embeddedMemory, openSessions, type TestSessions } from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

interface Shop {
  userId: string;
  basket: { product: string; count: number }[];
}

const CANARY = 'canary-91c2';
const DATA: Shop = { userId: 'ann', basket: [{ product: 'apple', count: 2 }] };

const SCHEMAS = {
  zod: z.object({
    userId: z.string(),
    basket: z.array(z.object({ product: z.string(), count: z.int() })),
  }),
  valibot: v.object({
    userId: v.string(),
    basket: v.array(v.object({ product: v.string(), count: v.pipe(v.number(), v.integer()) })),
  }),
  arktype: type({ userId: 'string', basket: type({ product: 'string', count: 'number' }).array() }),
};

let sessions: TestSessions;
afterEach(() => sessions?.close());

async function open(schema: any) {
  sessions = await openSessions(embeddedMemory, { schema });
  return sessions.manager;
}

const storedData = async () =>
  (await sessions.select(`SELECT data FROM ${sessions.tableName}`)).map(({ data }) => data);

const storeData = (text: string) =>
  sessions.sequelize.query(`UPDATE ${sessions.tableName} SET data = $text`, { bind: { text } });

describe.each(Object.entries(SCHEMAS))('a schema of %s', (_library, schema) => {
  it('a schema accepts valid data at writes and reads', async () => {
    const manager = await open(schema);
    const token = await manager.createSession(DATA);
    await manager.updateSession(token, (data: Shop) => void data.basket[0]!.count++);
    const expected = { userId: 'ann', basket: [{ product: 'apple', count: 3 }] };
    await expect(manager.retrieveSession(token)).resolves.toEqual(expected);
  });

  it('invalid data is refused before it is written, and the error names only the property', async () => {
    const manager = await open(schema);
    const token = await manager.createSession(DATA);
    const wrong = { userId: 'ann', basket: [{ product: CANARY, count: CANARY }] };
    const calls = [
      () => manager.createSession(wrong),
      () => manager.updateSession(token, wrong),
      () => manager.updateSession(token, () => wrong),
      () => manager.regenerateSession(token, { change: () => wrong }),
      () => manager.createSession(),
    ];
    const statements = await sessions.statementsOf(async () => {
      for (const call of calls) {
        const error = await rejectionOf(call());
        expect(error).toBeInstanceOf(SessionDataError);
        expect(String(error)).toMatch(/does not fit the schema, in ("basket"|the data as a whole)/);
        expect(String(error)).not.toContain(CANARY);
      }
    });
    expect(statements.filter((sql) => !/\bSELECT\b/.test(sql))).toEqual([]);
    await expect(manager.retrieveSession(token)).resolves.toEqual(DATA);
  });

  it('stored data that is invalid is refused for its own session only', async () => {
    const manager = await open(schema);
    const old = await manager.createSession(DATA);
    await storeData(JSON.stringify({ userId: 'ann', basket: CANARY }));
    const token = await manager.createSession(DATA);
    const error = await rejectionOf(manager.retrieveSession(old));
    expect(error).toBeInstanceOf(SessionDataError);
    expect(String(error)).toContain('in "basket"');
    expect(String(error)).not.toContain(CANARY);
    await expect(manager.retrieveSession(token)).resolves.toEqual(DATA);
  });
});

describe('the output of a schema', () => {
  it('data is stored as the schema returns it, with defaults and without unknown keys', async () => {
    const manager = await open(z.object({ visits: z.number().default(1) }));
    const token = await manager.createSession({ secret: CANARY } as never);
    expect(await storedData()).toEqual(['{"visits":1}']);
    await expect(manager.updateSession(token, {} as never)).resolves.toEqual({ visits: 1 });
  });

  it('a schema can return values without JSON form if it creates them at each read', async () => {
    const manager = await open(z.object({ since: z.coerce.date() }));
    const since = new Date('2026-03-01T10:00:00.000Z');
    const token = await manager.createSession({ since });
    await expect(manager.retrieveSession(token)).resolves.toEqual({ since });
    const changed = await manager.updateSession(token, (data: { since: Date }) => {
      data.since.setUTCFullYear(2027);
    });
    expect(changed).toEqual({ since: new Date('2027-03-01T10:00:00.000Z') });
  });

  it('a schema can generate values, and a change can return a new object with them', async () => {
    const manager = await open(z.object({ id: z.string().default(() => crypto.randomUUID()) }));
    const token = await manager.createSession({});
    // Like a row that is older than the default in the schema.
    await storeData('{}');
    await manager.updateSession(token, () => ({ id: 'new' }));
    await expect(manager.retrieveSession(token)).resolves.toEqual({ id: 'new' });
  });

  it('data that the schema could not read again is refused', async () => {
    const counted = z.object({ count: z.string().transform(Number) });
    const manager = await open(counted);
    const error = await rejectionOf(manager.createSession({ count: '5' } as never));
    expect(error).toBeInstanceOf(SessionDataError);
    expect(await storedData()).toEqual([]);
  });

  it('a sparse array in the output of a schema is refused at once', async () => {
    const seats = z.object({ seat: z.number() }).transform(({ seat }) => {
      return { seats: Object.assign([], { [seat]: 'taken' }) };
    });
    const manager = await open(seats);
    const start = performance.now();
    const error = await rejectionOf(manager.createSession({ seat: 2 ** 32 - 2 } as never));
    expect(error).toBeInstanceOf(SessionDataTooLargeError);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('an array with holes in the output of a schema is copied as it is, without named properties', async () => {
    const seats = Object.assign([1, { row: 1 }], { 300: { row: 2 }, name: 'hall' });
    seats.length = 400;
    const manager = await open(z.unknown().transform(() => seats));
    const token = await manager.createSession(1 as never);
    const [one, other] = await Promise.all([
      manager.retrieveSession(token),
      manager.retrieveSession(token),
    ]);
    expect(Object.entries(one)).toEqual([
      ['0', 1],
      ['1', { row: 1 }],
      ['300', { row: 2 }],
    ]);
    expect(one).toHaveLength(400);
    expect(one[300]).not.toBe(other[300]);
    expect(one[1]).not.toBe(seats[1]);
  });

  it('the output of the schema names the owner of the session', async () => {
    const manager = await open(z.object({ userId: z.string().toLowerCase() }));
    await manager.createSession({ userId: 'ANN' });
    await expect(manager.listSessions('ann')).resolves.toHaveLength(1);
  });
});

describe('the option schema', () => {
  it('the option schema determines the type of the manager', async () => {
    const manager = await init({ storagePath: ':memory:', schema: SCHEMAS.zod });
    const token = await manager.createSession(DATA);
    const data: Shop = await manager.retrieveSession(token);
    // @ts-expect-error the schema has no such property
    expect(data.nothing).toBeUndefined();
    await manager.close();
  });
});
