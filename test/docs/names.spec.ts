import { describe, expect, it } from '@jest/globals';
import * as library from 'nestjs-server-sessions';
import { errorClasses } from '../support/docs/error-classes.js';
import { INTEGRATIONS, publicTypes, sourceOf } from '../support/docs/public-types.js';
import { pages, readPage } from '../support/docs/snippets.js';
import { codeIn, tableOf } from '../support/docs/tables.js';

const types = publicTypes();

/** Returns the text of a page without its snippets. */
const prose = (page: string) => readPage(page).replaceAll(/^```[^]*?^```/gm, '');

/** The words in backticks of all pages. */
const words = new Set(
  pages()
    .flatMap((page) => codeIn(prose(page)))
    .flatMap((code) => code.match(/[\w$]+/g) ?? []),
);

/** The types of the last argument of the methods in the tables. */
const OPTIONS_OF_METHODS = {
  Method: {
    createSession: 'CreateSessionOptions',
    updateSession: 'UpdateSessionOptions',
    renewSession: 'RenewSessionOptions',
    reassignOwners: 'ReassignOwnersOptions',
    regenerateSession: 'RegenerateSessionOptions',
    listSessions: 'ListSessionsOptions',
    removeSession: 'EndSessionOptions',
    removeAllSessions: 'RemoveAllSessionsOptions',
    removeExpiredSessions: 'RemoveExpiredSessionsOptions',
    removeSessionById: 'RemoveSessionByIdOptions',
    removeUserSessions: 'RemoveUserSessionsOptions',
  },
  '`CurrentSession`': {
    start: 'StartSessionOptions',
    renew: 'RenewCurrentSessionOptions',
    regenerate: 'RegenerateCurrentSessionOptions',
    confirm: 'ConfirmCurrentSessionOptions',
    actAs: 'ActAsOptions',
    stopActing: 'StopActingOptions',
    list: 'ListSessionsOptions',
    end: 'EndSessionOptions',
  },
};

const methods = Object.entries(OPTIONS_OF_METHODS).flatMap(([column, options]) =>
  Object.entries(options).map(([method, name]) => ({ column, method, name })),
);

/** All except that of Nest, with the extras. */
const optionTypes = types.names.filter(
  (name) => /(Options|Extras)$/.test(name) && name !== 'SessionsModuleAsyncOptions',
);

/** Without the page that also names the options of express-session. */
const ownPages = pages().filter((page) => page !== 'docs/migrating-from-express-session.md');

/** Options that are objects of options. */
const NESTED = {
  cleanup: 'CleanupOptions',
  cookie: 'SessionCookieOptions',
  csrf: 'CsrfOptions',
  deviceBound: 'DeviceBoundOptions',
  encryptionKeys: 'EncryptionOptions',
  watch: 'WatchOptions',
} as const;

/** The page about each integration, from the table in README.md. */
const PAGES_OF_INTEGRATIONS = tableOf('README.md', 'Import from `nestjs-server-sessions`').map(
  (row) => ({
    integration: codeIn(row['Import from `nestjs-server-sessions`']!)[0]!.slice(1),
    page: /\]\((docs\/[\w-]+\.md)/.exec(row['Page']!)![1]!,
  }),
);

describe('the integrations', () => {
  it('README.md lists every integration', () => {
    const named = PAGES_OF_INTEGRATIONS.map(({ integration }) => integration);
    expect(named.toSorted()).toEqual(INTEGRATIONS.toSorted());
  });

  it.each(PAGES_OF_INTEGRATIONS)(
    '$page names what $integration exports, and every option',
    ({ integration, page }) => {
      const exports = publicTypes(sourceOf(integration));
      const { names, typeNames } = exports;
      const exported = names.filter((name) => !typeNames.includes(name));
      const onPage = new Set(readPage(page).match(/\w+/g));
      expect(exported.filter((name) => !onPage.has(name))).toEqual([]);
      const options = typeNames
        .filter((name) => name.endsWith('Options'))
        .flatMap((name) => exports.membersOf(name));
      const inProse = new Set(codeIn(prose(page)).flatMap((code) => code.match(/\w+/g) ?? []));
      expect(options.filter((name) => !inProse.has(name))).toEqual([]);
    },
  );

  it('docs/types.md names every type of the integrations, and no other', () => {
    const named = tableOf('docs/types.md', 'Type of an integration').map((row) => [
      codeIn(row['Import from']!)[0]!,
      codeIn(row['Type of an integration']!)[0]!,
    ]);
    const exported = INTEGRATIONS.flatMap((integration) =>
      publicTypes(sourceOf(integration)).typeNames.map((name) => [`/${integration}`, name]),
    );
    expect(named.map(String).toSorted()).toEqual(exported.map(String).toSorted());
  });
});

describe('the documentation', () => {
  it('the docs name every exported type, and no other', () => {
    const named = tableOf('docs/types.md', 'Type').map((row) => codeIn(row['Type']!)[0]!);
    const onlyTypes = types.names.filter((name) => !(name in library));
    expect(named.toSorted()).toEqual(onlyTypes.toSorted());
  });

  it('the docs list only guards and decorators that the package exports', () => {
    const cells = tableOf('docs/reference.md', 'Name').flatMap((row) => codeIn(row['Name']!));
    const named = cells.map((code) => /\w+/.exec(code)![0]);
    expect(named.filter((name) => !(name in library))).toEqual([]);
  });

  it.each(ownPages)('the docs name no nested option that does not exist: %s', (page) => {
    const named = codeIn(prose(page)).flatMap((code) => [
      ...code.matchAll(/^(cleanup|cookie|csrf|deviceBound|encryptionKeys|watch)\.(\w+)/g),
    ]);
    const unknown = named.filter(
      ([, option, name]) => !types.membersOf(NESTED[option as keyof typeof NESTED]).includes(name!),
    );
    expect(unknown.map(([code]) => code)).toEqual([]);
  });

  it.each(optionTypes)('the docs name every field that %s can have', (name) => {
    const members = types.membersOf(name);
    expect(members.length).toBeGreaterThan(0);
    expect(members.filter((member) => !words.has(member))).toEqual([]);
  });

  it.each(methods)(
    'the docs list the options of $method() in its table',
    ({ column, method, name }) => {
      const rows = tableOf('docs/reference.md', column).filter((row) =>
        row[column]!.includes(`${method}(`),
      );
      const text = rows.map((row) => row['What it does']).join(' ');
      const named = codeIn(text).map((code) => /\w+/.exec(code)![0]);
      expect(types.membersOf(name).filter((member) => !named.includes(member))).toEqual([]);
      const [, list = ''] = /Options: ([^.]+)/.exec(text) ?? [];
      expect(codeIn(list).filter((option) => !types.membersOf(name).includes(option))).toEqual([]);
    },
  );

  it('the options of all methods that have options are tested', () => {
    const used = new Set(methods.map(({ name }) => name));
    const others = [
      'CleanupOptions',
      'CsrfOptions',
      'DeviceBoundOptions',
      'EncryptionOptions',
      'InitOptions',
      'ListEndedSessionsOptions',
      'SessionCookieOptions',
      'WatchOptions',
      'WatchSessionOptions',
    ];
    const ofModule = ['SessionsModuleOptions', 'SessionsModuleExtras'];
    expect(new Set(optionTypes)).toEqual(new Set([...used, ...others, ...ofModule]));
  });

  it('the docs name the fields of a session and of its start', () => {
    const fields = ['SessionRecord', 'SessionClient', 'ListedSession'].flatMap((name) =>
      types.membersOf(name),
    );
    expect(fields.filter((field) => !words.has(field))).toEqual([]);
  });

  it('the docs name all events with their reasons, and no others', () => {
    const [, list] = /\n## Events\n([^]+?) An event has/.exec(readPage('docs/lifecycle.md'))!;
    expect(new Set(codeIn(list!))).toEqual(
      new Set([
        'events$',
        'reason',
        'code',
        'SessionStoreError',
        ...types.stringsOf('SessionStoreReason'),
        ...types.stringsOf('SessionEvent', 'type'),
        ...types.stringsOf('RemovalReason'),
        ...types.stringsOf('RejectionReason'),
      ]),
    );
  });

  it.each(pages())('the docs name no error and no code that does not exist: %s', (page) => {
    const errors = errorClasses();
    const known = new Set([
      ...errors.map(({ name }) => name),
      'SessionError',
      ...errors.map((Class) => new Class('').code),
      ...types.stringsOf('SessionHttpCode'),
      // Why a connection was closed.
      ...types.stringsOf('WatchEndReason').map((reason) => `SESSION_${reason.toUpperCase()}`),
    ]);
    const named = prose(page).match(/\bSessions?\w*Error\b|\b(ERR_)?SESSION_[A-Z_]+\b/g) ?? [];
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});
