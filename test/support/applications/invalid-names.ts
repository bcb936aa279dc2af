import type { Form } from '../docs/harness.js';

/** Login forms whose `name` is not a valid string. If it comes twice, parsers make a list of it. */
export const INVALID_NAMES: [string, Form][] = [
  ['without a name', {}],
  ['with an empty name', { name: '' }],
  [
    'with two names',
    [
      ['name', 'x'],
      ['name', 'ann'],
    ],
  ],
];
