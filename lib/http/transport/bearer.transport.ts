/**
 * Returns the token of an `Authorization: Bearer` header (RFC 6750, section 2.1), valid or not; `undefined` if the
 * header is missing or has another scheme.
 */
export function readBearer(header: string | undefined): string | undefined {
  return header?.match(/^bearer(?: +|$)(.*)/is)?.[1];
}
