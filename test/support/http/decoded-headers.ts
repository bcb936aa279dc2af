import type { INestApplication } from '@nestjs/common';

const CARRIER = 'x-decoded';

/**
 * Lets an application take headers from `decoded`, as strings of any characters. `inject()` and the adapters of serverless
 * platforms hand over such strings, which are not the bytes that a client sent.
 */
export function takeDecodedHeaders(app: INestApplication): void {
  app.use(({ headers }: { headers: Record<string, string> }, _: unknown, next: () => void) => {
    const carried = headers[CARRIER];
    if (carried !== undefined) {
      Object.assign(headers, JSON.parse(decodeURIComponent(carried)));
    }
    next();
  });
}

/** A header that carries others with any content. */
export const decoded = (headers: Record<string, string>): Record<string, string> => ({
  [CARRIER]: encodeURIComponent(JSON.stringify(headers)),
});
