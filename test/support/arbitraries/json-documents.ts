import fc from 'fast-check';

/** Any JavaScript string, including halves of characters and NUL. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
    .map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    ':x',
    '$1',
    '?',
    "'",
    '"',
    '`',
    '\\',
    '\0',
    '\ud800',
  ),
);

/** Any JSON document, as `JSON.parse` returns it: keys such as `__proto__` are ordinary keys. */
export const jsonDocument: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'json' },
    fc.constantFrom(null, true, false, 0, -0, '', 2 ** 53 + 2, Number.MAX_VALUE, Number.MIN_VALUE),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    anyText,
    fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'json' }),
    fc
      .array(fc.tuple(anyText, tie('value')), { maxLength: 4, depthIdentifier: 'json' })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;
