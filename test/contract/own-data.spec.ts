import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import fc from 'fast-check';
import { SessionDataError, type SessionManager } from 'nestjs-server-sessions';
import * as v from 'valibot';
import { z } from 'zod';
import {
  describeDatabases,
  embeddedMemory,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { damageAll, reachableFrom } from '../support/objects/reachable-objects.js';
import { SHARING_SCHEMAS } from '../support/arbitraries/sharing-schemas.js';

interface Shop {
  userId: string;
  basket: { items: string[] };
}

/** The same schema in each library, which gives one shared basket to all data without one. */
const SCHEMAS: Readonly<Record<string, (basket: Shop['basket']) => unknown>> = {
  'a default of zod': (basket) => z.object({ userId: z.string(), basket: z.any().default(basket) }),
  'catch of zod': (basket) =>
    z.object({ userId: z.string(), basket: z.object({ items: z.string().array() }).catch(basket) }),
  'fallback of valibot': (basket) =>
    v.object({
      userId: v.string(),
      basket: v.fallback(v.object({ items: v.array(v.string()) }), basket),
    }),
  'a transform': (basket) =>
    z.looseObject({ userId: z.string() }).transform((data) => ({ basket, ...data })),
  'a default of arktype': (basket) =>
    type({ userId: 'string', basket: type('object').default(() => basket) }),
};

describeDatabases((database) => {
  let sessions: TestSessions;
  beforeEach(async () => {
    sessions = await openSessions(database);
  });
  afterEach(() => sessions.close());

  describe.each(Object.entries(SCHEMAS))('data from %s', (_name, schemaWith) => {
    const basket = () => ({ items: [] as string[] });
    let shared: Shop['basket'];
    let manager: SessionManager<Shop>;
    let [ann, bob] = ['', ''];

    beforeEach(async () => {
      shared = basket();
      ann = await sessions.manager.createSession({ userId: 'ann' });
      bob = await sessions.manager.createSession({ userId: 'bob' });
      manager = await sessions.another({ schema: schemaWith(shared) as never });
    });

    it('what a schema makes of data belongs to one session, at reads and at writes', async () => {
      const anns = await manager.retrieveSession(ann);
      anns.basket.items.push('tea');
      await manager.updateSession(ann, (data) => void data.basket.items.push('milk'));
      const updated = await manager.updateSession(ann, (data) => data);
      updated.basket.items.push('jam');
      await expect(manager.retrieveSession(bob)).resolves.toEqual({
        userId: 'bob',
        basket: basket(),
      });
      await manager.updateSession(bob, (data) => void (data.userId = 'bob'));
      await expect(sessions.manager.retrieveSession(bob)).resolves.toMatchObject({
        basket: basket(),
      });
      expect(shared).toEqual(basket());
    });

    it('two parallel reads of one session get separate data', async () => {
      const [one, other] = await Promise.all([
        manager.inspectSession(ann),
        manager.inspectSession(ann),
      ]);
      const objects = reachableFrom(one);
      expect([...reachableFrom(other)].filter((object) => objects.has(object))).toEqual([]);
    });
  });

  it('an update stores a copy of the data that it was given', async () => {
    const initial = { basket: { items: [] as string[] } };
    const ann = await sessions.manager.createSession(null);
    const anns = await sessions.manager.updateSession(ann, initial);
    anns.basket.items.push('tea');
    const changed = await sessions.manager.updateSession(ann, () => initial);
    changed.basket.items.push('milk');
    expect(initial).toEqual({ basket: { items: [] } });
  });
});

describe('an object that can not be copied', () => {
  class Basket {
    constructor(
      readonly items: unknown,
      readonly total = () => 0,
    ) {}
    toJSON(): unknown {
      return this.items;
    }
  }
  const ITEMS = [1];
  const BASKET = new Basket([]);
  const total = () => 1;

  let sessions: TestSessions;
  afterEach(() => sessions.close());

  const open = async (make: (basket: unknown) => unknown) => {
    sessions = await openSessions(embeddedMemory);
    const tokens = [
      await sessions.manager.createSession({ basket: [] }),
      await sessions.manager.createSession({ basket: [] }),
    ];
    const schema = z.object({ basket: z.unknown().transform(make) });
    return { manager: await sessions.another({ schema }), tokens };
  };

  const SHARED: [string, (basket: unknown) => unknown][] = [
    ['itself', () => BASKET],
    ['in an array', () => [BASKET]],
    ['as the key of a Map', () => new Map([[BASKET, 1]])],
    ['by an object that it has', () => new Basket(ITEMS)],
    ['by a Map that it is', () => new (class extends Map<unknown, unknown> {})([[1, ITEMS]])],
    [
      'by a property that is not enumerable',
      () => Object.defineProperty(new Basket([]), 'hidden', { value: ITEMS }),
    ],
    ['by a symbol', () => Object.assign(new Basket([]), { [Symbol('items')]: ITEMS })],
    ['a function', () => total],
    ['an Error', () => Object.assign(BASKET, new Error('shared'))],
  ];

  it.each(SHARED)(
    'an object that can not be copied is refused if two sessions would share it: %s',
    async (_name, make) => {
      const { manager, tokens } = await open(make);
      const outcomes = await Promise.allSettled(
        tokens.map((token) => manager.retrieveSession(token)),
      );
      const error = outcomes.map((outcome) => (outcome as { reason?: unknown }).reason).at(-1);
      expect(error).toBeInstanceOf(SessionDataError);
      expect(String(error)).toContain('in "basket" that another parse returned too');
    },
  );

  it('data with an object that can not be copied is refused before it is stored', async () => {
    sessions = await openSessions(embeddedMemory, {
      schema: z.object({ basket: z.unknown().transform(() => BASKET) }),
    });
    await expect(sessions.manager.createSession({ basket: [] })).rejects.toThrow(SessionDataError);
    expect(await sessions.select(`SELECT id FROM ${sessions.tableName}`)).toEqual([]);
  });

  it('data can hold an object that can not be copied if each parse creates it anew', async () => {
    const { manager, tokens } = await open((items) => new Basket(items, total));
    for (const token of [...tokens, ...tokens]) {
      const { basket } = await manager.retrieveSession(token);
      expect(basket).toBeInstanceOf(Basket);
      await manager.updateSession(token, (data) => data);
    }
  });
});

describe('data of any schema', () => {
  it.each(Object.entries(SHARING_SCHEMAS))(
    'data of one session shares no object with that of another, for any schema: %s',
    async (_library, schemas) => {
      let updates = 0;
      const holds = fc.asyncProperty(schemas, async (schema) => {
        const sessions = await openSessions(embeddedMemory);
        try {
          const ann = await sessions.manager.createSession({});
          const bob = await sessions.manager.createSession({});
          const manager = await sessions.another({ schema: schema as never });
          const [read] = await Promise.allSettled([manager.retrieveSession(bob)]);
          fc.pre(read.status === 'fulfilled');
          const bobs = inspect(read.value, { depth: 20 });
          const [first, second] = await Promise.all([
            manager.retrieveSession(ann),
            manager.retrieveSession(ann),
          ]);
          const copies = [first, second, await manager.retrieveSession(bob)];
          // Maps and cycles can be read, but not written.
          const update = () => manager.updateSession(ann, (data) => data);
          const [updated] = await Promise.allSettled([update()]);
          if (updated.status === 'fulfilled') {
            copies.push(updated.value, await manager.retrieveSession(ann));
            updates++;
          } else {
            expect(updated.reason).toBeInstanceOf(SessionDataError);
          }
          const all = copies.map((copy) => [...reachableFrom(copy)]);
          expect(new Set(all.flat()).size).toBe(all.flat().length);
          all.flat().forEach((object) => expect(Object.isFrozen(object)).toBe(false));
          copies.forEach((copy) => damageAll(copy));
          expect(inspect(await manager.retrieveSession(bob), { depth: 20 })).toBe(bobs);
        } finally {
          await sessions.close();
        }
      });
      await fc.assert(holds, { numRuns: 40 });
      expect(updates).toBeGreaterThan(0);
    },
    120_000,
  );
});
