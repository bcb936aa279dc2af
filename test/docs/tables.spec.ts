import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as library from 'nestjs-server-sessions';
import { getOptions } from 'sequelize-typescript';
import { HTTP_OPTION_NAMES } from '../../lib/http/http.options.js';
import {
  SessionHttpException,
  toHttpException,
} from '../../lib/http/errors/session-http.exception.js';
import { resolveCookieOptions } from '../../lib/http/transport/cookie.options.js';
import { MANAGER_OPTION_NAMES } from '../../lib/manager/manager.options.js';
import { resolveSessionsOptions } from '../../lib/sessions.options.js';
import { STORE_OPTION_NAMES } from '../../lib/store/store.options.js';
import { errorClasses } from '../support/docs/error-classes.js';
import { publicMembers } from '../support/docs/members.js';
import { pages, readPage, ROOT } from '../support/docs/snippets.js';
import { codeIn, literal, tableOf, type Row } from '../support/docs/tables.js';

/** The options that only `forRoot` and `forRootAsync` take; the compiler reports if one is missing here. */
const EXTRAS: Record<keyof library.SessionsModuleExtras, true> = {
  connection: true,
  isGlobal: true,
};

/** Returns the names in the first column: `name`, `method(arguments)` or `@decorator()`. */
const namesIn = (rows: readonly Row[], column: string) => [
  ...new Set(rows.flatMap((row) => codeIn(row[column]!)).map((code) => /[\w$]+/.exec(code)![0])),
];

/** Returns the defaults that a table states as values. */
const defaultsIn = (rows: readonly Row[], column: string) =>
  Object.fromEntries(
    rows
      .map((row) => [codeIn(row[column]!)[0]!, codeIn(row['Default']!)[0]] as const)
      .filter(([name, value]) => value !== undefined && !['userId', 'clock'].includes(name))
      .map(([name, value]) => [name, literal(value!)]),
  );

describe('the tables of the docs', () => {
  it('docs/options.md lists all options, and no others', () => {
    const known = [...MANAGER_OPTION_NAMES, ...STORE_OPTION_NAMES, ...HTTP_OPTION_NAMES];
    expect(namesIn(tableOf('docs/options.md', 'Option'), 'Option').toSorted()).toEqual(
      [...known, ...Object.keys(EXTRAS)].toSorted(),
    );
  });

  it('docs/options.md states the defaults of the options', () => {
    const { isGlobal, tableName, transports, onSessionLimit, ...stated } = defaultsIn(
      tableOf('docs/options.md', 'Option'),
      'Option',
    );
    const { manager, store, http } = resolveSessionsOptions({ maxSessionsPerUser: 1 }, undefined);
    expect(Object.keys(stated).length).toBeGreaterThan(9);
    expect({ ...manager, ...store, ...http }).toMatchObject(stated);
    expect(onSessionLimit).toBe(manager.sessionLimit?.evictOldest ? 'evict-oldest' : 'reject');
    expect(transports).toEqual(['cookie', ...(http.bearer ? ['bearer'] : [])]);
    expect(library.SessionsModule.forRoot().global).toBe(isGlobal);
    expect(getOptions(library.SessionEntity.prototype)).toMatchObject({ tableName });
  });

  it('docs/troubleshooting.md says where to look for each code of a response', () => {
    const codes = tableOf('docs/reference.md', 'Error').flatMap((row) =>
      codeIn(row['Body `code`']!),
    );
    const listed = tableOf('docs/troubleshooting.md', '`code`').flatMap((row) =>
      codeIn(row['`code`']!),
    );
    expect(listed.toSorted()).toEqual(codes.toSorted());
  });

  it('docs/security.md lists all options of the cookie with their defaults', () => {
    const rows = tableOf('docs/security.md', '`cookie`');
    const resolved = resolveCookieOptions();
    expect(namesIn(rows, '`cookie`').toSorted()).toEqual(Object.keys(resolved).toSorted());
    expect({ ...defaultsIn(rows, '`cookie`'), domain: undefined }).toEqual(resolved);
  });

  it.each([
    ['Method', 'lib/manager/session-manager.ts', 'SessionManager'],
    ['`CurrentSession`', 'lib/http/request/current-session.ts', 'CurrentSessionMembers'],
  ])(
    'docs/reference.md lists all members in the table of %s, and no others',
    (column, file, className) => {
      const members = publicMembers(file, className);
      expect(members.length).toBeGreaterThan(7);
      expect(namesIn(tableOf('docs/reference.md', column), column).toSorted()).toEqual(
        members.toSorted(),
      );
    },
  );

  it('docs/reference.md lists all errors with the responses that clients get', () => {
    const errors = errorClasses();
    const expected = errors.map((Class) => rowOf(new Class('')));
    const codes = [
      'SESSION_MISSING',
      'SESSION_DEVICE',
      'SESSION_UNBOUND',
      'SESSION_NOT_FRESH',
      'SESSION_CROSS_ORIGIN',
    ] as const;
    const refusals = codes.map((code) => rowOf(undefined, new SessionHttpException(code)));
    const shown = tableOf('docs/reference.md', 'Error').map(({ When: _, ...row }) => row);
    expect(new Set(shown)).toEqual(new Set([...refusals, ...expected]));
    expect(shown).toHaveLength(expected.length + refusals.length);
  });
});

describe('the pages', () => {
  it('docs/reference.md names every export of the package', () => {
    const words = new Set(readPage('docs/reference.md').match(/\w+/g));
    expect(Object.keys(library).filter((name) => !words.has(name))).toEqual([]);
  });

  it.each(pages())('links to files lead to existing files: %s', (page) => {
    const links = [...readPage(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, to]) => to!);
    expect(links.filter((to) => !existsSync(join(ROOT, dirname(page), to)))).toEqual([]);
  });

  it.each(pages())('links to sections lead to existing headings: %s', (page) => {
    const links = [...readPage(page).matchAll(/\]\(([\w./-]*\.md)?#([^)\s]+)\)/g)];
    const broken = links.filter(([, to, anchor]) => {
      const target = to === undefined ? page : join(dirname(page), to);
      return !anchorsOf(target).includes(anchor!);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

/** Returns the anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Returns a row of the table of errors, for an error and the exception that it becomes. */
function rowOf(
  error: library.SessionError | undefined,
  exception: unknown = toHttpException(error),
): Row {
  const answer = exception instanceof SessionHttpException ? exception : undefined;
  return {
    Error: error ? `\`${error.name}\`` : 'none',
    '`code`': error ? `\`${error.code}\`` : '',
    HTTP: String(answer?.getStatus() ?? 500),
    'Body `code`': answer ? `\`${answer.code}\`` : '',
  };
}
