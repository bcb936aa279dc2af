import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { SessionsModuleExtras } from 'nestjs-server-sessions';
import { HTTP_OPTION_NAMES } from '../../lib/http/http.options.js';
import { resolveCookieOptions } from '../../lib/http/transport/cookie.options.js';
import { MANAGER_OPTION_NAMES } from '../../lib/manager/manager.options.js';
import { STORE_OPTION_NAMES } from '../../lib/store/store.options.js';
import { readPage, ROOT } from '../support/docs/snippets.js';
import { codeIn, tableOf } from '../support/docs/tables.js';

const PAGE = 'docs/deploying.md';

/** The compiler reports if one is missing here. */
const EXTRAS: Record<keyof SessionsModuleExtras, true> = { connection: true, isGlobal: true };

const OPTIONS = [
  ...[...MANAGER_OPTION_NAMES, ...STORE_OPTION_NAMES, ...HTTP_OPTION_NAMES].filter(
    (name) => name !== 'cookie',
  ),
  ...Object.keys(resolveCookieOptions()).map((name) => `cookie.${name}`),
  ...Object.keys(EXTRAS),
];

const rows = tableOf(PAGE, 'Option');

/** The options of the sentence under the table. */
const WITHOUT_EFFECT = codeIn(
  /These options change nothing for live sessions: ([^.]+)\./.exec(readPage(PAGE))![1]!,
);

describe('the table of changed options', () => {
  it('docs/deploying.md says of every option what it changes for live sessions', () => {
    const named = rows.flatMap((row) => codeIn(row['Option']!));
    expect([...new Set([...named, ...WITHOUT_EFFECT])].toSorted()).toEqual(OPTIONS.toSorted());
    expect(named.filter((name) => WITHOUT_EFFECT.includes(name))).toEqual([]);
  });

  it.each(rows.map((row) => [row['Option']!, row] as const))(
    'docs/deploying.md fills every cell for %s, and names a test that exists',
    (_, row) => {
      expect(Object.values(row).filter((cell) => cell === '')).toEqual([]);
      const files = codeIn(row['Test']!);
      expect(files).not.toEqual([]);
      expect(files.filter((file) => !existsSync(join(ROOT, 'test', `${file}.spec.ts`)))).toEqual(
        [],
      );
    },
  );
});
