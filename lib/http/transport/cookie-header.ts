/** Maximum number of values that count, so that nobody makes one request cost many lookups. */
const MAX_VALUES = 4;

/**
 * Returns the different values of the cookies of one name, in the order of the header, at most four. Reads the header
 * itself: the order of cookies of one name means nothing, and parsers keep one of them, decode it, or make objects of it.
 *
 * Only space and tab around a pair are white space (RFC 6265, section 4.2.1). To a browser every other byte is part of
 * the name or the value. A reader that skips more (`trim` skips U+00A0) takes cookies of other names for ours, and the
 * rules of `__Host-` do not hold for them.
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

/** Returns where the text before `end` ends without the spaces and tabs there. */
function withoutSpace(text: string, end: number): number {
  let last = end;
  while (text[last - 1] === ' ' || text[last - 1] === '\t') {
    last--;
  }
  return last;
}
