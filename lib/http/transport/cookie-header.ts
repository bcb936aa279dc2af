/** Maximum number of values that count, so that one request can't cause many lookups. */
const MAX_VALUES = 4;

/**
 * Returns the different values of the cookies of one name, in the order of the header, at most four. It reads the
 * header itself, since the order of cookies of one name means nothing, and parsers keep one of them, decode it, or turn
 * it into an object.
 *
 * Only space and tab around a pair are white space (RFC 6265, section 4.2.1). To a browser every other byte is part of
 * the name or the value. A reader that skips more (`trim` skips U+00A0) takes cookies of other names for this one, and
 * the rules of `__Host-` do not hold for them.
 *
 * @param start the name and `=`
 */
export function cookieValues(header: string, start: string): string[] {
  const values = new Set<string>();
  let at = header.indexOf(start);
  while (at >= 0 && values.size < MAX_VALUES) {
    const previousEnd = withoutSpace(header, at);
    if (previousEnd === 0 || header[previousEnd - 1] === ';') {
      const valueStart = at + start.length;
      const semicolon = header.indexOf(';', valueStart);
      const pairEnd = semicolon < 0 ? header.length : semicolon;
      values.add(header.slice(valueStart, withoutSpace(header, pairEnd)));
    }
    at = header.indexOf(start, at + 1);
  }
  return [...values];
}

/** Returns the end of the text before `end` without its trailing spaces and tabs. */
function withoutSpace(text: string, end: number): number {
  let last = end;
  while (text[last - 1] === ' ' || text[last - 1] === '\t') {
    last--;
  }
  return last;
}
