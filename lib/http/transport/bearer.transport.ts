/**
 * The token of an `Authorization: Bearer` header (RFC 6750, section 2.1), whatever it looks like; `undefined` where the
 * header is missing or of another scheme.
 */
export function readBearer(header: string | undefined): string | undefined {
  return header?.match(/^bearer(?: +|$)(.*)/is)?.[1];
}
