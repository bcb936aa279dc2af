const [TAB, SPACE, SEMICOLON, EQUALS] = [0x09, 0x20, 0x3b, 0x3d];

/**
 * Returns the different values of the cookies of a name in a Cookie header, byte by byte as in section 4.2.1 of RFC 6265:
 * pairs between semicolons, with spaces and tabs around them, and a name that ends at the first `=`.
 */
export function cookiesSeenBy(header: Buffer, name: string): string[] {
  const values = new Set<string>();
  let pair: number[] = [];
  for (const byte of [...header, SEMICOLON]) {
    if (byte !== SEMICOLON) {
      pair.push(byte);
      continue;
    }
    const isSpace = (each: number) => each === SPACE || each === TAB;
    const first = pair.findIndex((each) => !isSpace(each));
    const last = pair.findLastIndex((each) => !isSpace(each));
    const bare = first < 0 ? [] : pair.slice(first, last + 1);
    const equals = bare.indexOf(EQUALS);
    if (equals >= 0 && Buffer.from(bare.slice(0, equals)).equals(Buffer.from(name))) {
      values.add(Buffer.from(bare.slice(equals + 1)).toString('latin1'));
    }
    pair = [];
  }
  return [...values];
}
