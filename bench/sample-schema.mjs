import { z } from 'zod';

/** A schema of the sample session, with defaults as in applications. */
export const sampleSchema = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.email(),
  locale: z.string().default('en-GB'),
  roles: z.array(z.string()).default([]),
  basket: z.array(z.object({ sku: z.string(), quantity: z.int(), price: z.int() })).default([]),
  seen: z.array(z.string()).default([]),
});
