import { describe, expect, it } from '@jest/globals';
import { BearerTransport } from '../../../../lib/http/transport/bearer.transport.js';

const MEBIBYTE = 1024 * 1024;

/** Parts of a token. Repeated, they let a search with nested quantifiers start again at each of them. */
const PARTS = [
  '-',
  '0',
  '0000-',
  '-0000',
  '00000000-0000-4000-8000-000000000000',
  '.',
  'bearer ',
  ' ',
];

describe('the search for a token of ours in a header', () => {
  const bearers = new BearerTransport(() => true);

  it.each(PARTS)('a header of 8 MiB takes linear time: %j', (part) => {
    // A quadratic search would take hours.
    const header = `Negotiate ${part.repeat((8 * MEBIBYTE) / part.length)}`;
    expect(bearers.read(header)?.isOurs ?? false).toBe(part.length === 36);
    expect(bearers.read(`Bearer${' '.repeat(8 * MEBIBYTE)}x`)).toEqual({
      token: 'x',
      isOurs: false,
    });
  });
});
