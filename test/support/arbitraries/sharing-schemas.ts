import { type } from 'arktype';
import fc from 'fast-check';
import * as v from 'valibot';
import { z } from 'zod';

/** Objects that a schema could give by reference to every session without one. */
const SHARED: Readonly<Record<string, () => object>> = {
  array: () => [1, [2], { three: 3 }],
  object: () => ({ items: [], 'a.b': { c: [] } }),
  'object without a prototype': () => Object.assign(Object.create(null), { items: [] }),
  'object with the key __proto__': () => JSON.parse('{"__proto__":{"items":[]}}'),
  date: () => ({ since: new Date(0) }),
  map: () => new Map<unknown, unknown>([[{ key: 1 }, [new Set([[]])]]]),
  set: () => new Set([new Map([['basket', []]])]),
  expression: () => [/tea/g],
  url: () => ({ home: new URL('https://shop.example/') }),
  'repeated reference': () => {
    const items: unknown[] = [];
    return { items, same: items };
  },
  cycle: () => {
    const self: Record<string, unknown> = { items: [] };
    self['self'] = self;
    return self;
  },
};

export const sharedObject: fc.Arbitrary<object> = fc
  .constantFrom(...Object.values(SHARED))
  .map((make) => make());

/** A schema of one library that gives objects by reference, in every way that the library has. */
const zod: fc.Arbitrary<z.ZodType> = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    sharedObject.chain((shared) =>
      fc.constantFrom<z.ZodType>(
        z.any().default(shared),
        z.any().default({ nested: shared }),
        z.any().prefault(shared),
        z.never().catch(shared as never),
        z.any().transform(() => shared),
        z.any().transform(() => ({ at: new Date(0), shared })),
        z.preprocess(() => shared, z.any()),
      ),
    ),
    fc
      .record({ a: tie('schema'), b: tie('schema') })
      .map((shape) => z.object(shape).prefault({} as never)),
    tie('schema').map((inner) => z.lazy(() => inner)),
    tie('schema').map((inner) => z.union([z.never(), inner])),
    tie('schema').map((inner) => inner.readonly()),
  ),
})).schema;

const valibot: fc.Arbitrary<v.GenericSchema> = fc.letrec<{ schema: v.GenericSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    sharedObject.chain((shared) =>
      fc.constantFrom<v.GenericSchema>(
        v.optional(v.any(), shared),
        v.optional(v.any(), { nested: shared }),
        v.fallback(v.never(), shared as never),
        v.pipe(
          v.optional(v.any()),
          v.transform(() => shared),
        ),
        v.pipe(v.optional(v.any(), shared), v.readonly()),
      ),
    ),
    fc
      .record({ a: tie('schema'), b: tie('schema') })
      .map((entries) => v.optional(v.object(entries), {} as never)),
    tie('schema').map((inner) =>
      v.optional(
        v.lazy(() => inner),
        {},
      ),
    ),
    tie('schema').map((inner) => v.optional(v.union([v.never(), inner]), {})),
  ),
})).schema;

const arktype = fc
  .record({ a: sharedObject, b: sharedObject, c: sharedObject })
  .map(({ a, b, c }) =>
    type({
      'a?': 'unknown',
      b: type('unknown').default(() => b as never),
      c: type('unknown')
        .pipe(() => c)
        .default(null),
    }).pipe((data) => ({ ...data, a, union: a })),
  );

/** Schemas of an object, by library. */
export const SHARING_SCHEMAS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  zod: fc.record({ a: zod, b: zod }).map((shape) => z.object(shape)),
  'zod, the whole': zod,
  valibot: fc.record({ a: valibot, b: valibot }).map((entries) => v.object(entries)),
  arktype,
};
