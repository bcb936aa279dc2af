import type { Form } from '../docs/harness.js';

/** Forms of a login whose `name` is no text that could be somebody's; where it comes twice, parsers make a list of it. */
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
