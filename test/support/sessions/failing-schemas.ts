import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { z } from 'zod';

/** A text that no error may show. */
export const CANARY = 'canary-5d1f';

const standard = (validate: (data: any) => unknown): StandardSchemaV1<unknown, any> => ({
  '~standard': { version: 1, vendor: 'test', validate: validate as () => never },
});

type Then = (fulfil: (value: unknown) => void, reject: (reason: unknown) => void) => void;

/** An object that acts as a promise. */
// oxlint-disable-next-line unicorn/no-thenable
const thenable = (then: Then) => ({ then });

/** Schemas that fail in different ways if the property `home` of the data is not a URL; other data is valid. */
export const FAILING_SCHEMAS: Readonly<Record<string, StandardSchemaV1<unknown, any>>> = {
  'zod with a transform that throws': z.looseObject({
    home: z.string().transform((home) => new URL(home).href),
  }),
  'valibot with a transform that throws': v.looseObject({
    home: v.pipe(
      v.string(),
      v.transform((home) => new URL(home).href),
    ),
  }),
  'zod with an async check': z
    .looseObject({ home: z.string() })
    .refine(({ home }) => URL.canParse(home) || Promise.resolve(true)),
  'a function that throws what is no error': standard((value) => {
    if (!URL.canParse(value.home)) {
      throw value.home;
    }
    return { value };
  }),
  'a promise that is fulfilled': standard((value) =>
    URL.canParse(value.home) ? { value } : Promise.resolve({ value }),
  ),
  'a thenable': standard((value) =>
    URL.canParse(value.home)
      ? { value }
      : thenable((_fulfil, reject) => reject(new Error(value.home))),
  ),
  'no result': standard((value) => (URL.canParse(value.home) ? { value } : undefined)),
  'a result that throws': standard((value) =>
    URL.canParse(value.home)
      ? { value }
      : {
          get issues() {
            throw new Error(value.home);
          },
        },
  ),
};
