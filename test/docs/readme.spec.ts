import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileSnippets } from '../support/docs/compile.js';
import type { Harness } from '../support/docs/harness.js';
import { readSnippets } from '../support/docs/snippets.js';
import { ACTING_HARNESSES } from './acting-harnesses.js';
import { ADMIN_HARNESSES } from './admin-harnesses.js';
import { CLIENT_HARNESSES } from './client-harnesses.js';
import { BROWSER_HARNESSES } from './browser-harnesses.js';
import { CONNECTION_HARNESSES } from './connection-harnesses.js';
import { DATABASE_HARNESSES } from './database-harnesses.js';
import { DEPLOY_HARNESSES } from './deploy-harnesses.js';
import { DEVICE_HARNESSES } from './device-harnesses.js';
import { EVENT_HARNESSES } from './event-harnesses.js';
import { FILTER_HARNESSES } from './filter-harnesses.js';
import { GATEWAY_HARNESSES } from './gateway-harnesses.js';
import { GRAPHQL_HARNESSES } from './graphql-harnesses.js';
import { HTTP_HARNESSES } from './http-harnesses.js';
import { KIND_HARNESSES } from './kind-harnesses.js';
import { LOGIN_HARNESSES } from './login-harnesses.js';
import { IMPORT_HARNESSES } from './import-harnesses.js';
import { JWT_HARNESSES } from './jwt-harnesses.js';
import { MOVE_HARNESSES } from './move-harnesses.js';
import { OAUTH_HARNESSES } from './oauth-harnesses.js';
import { OBSERVING_HARNESSES } from './observing-harnesses.js';
import { OPENAPI_HARNESSES } from './openapi-harnesses.js';
import { OTHER_ORM_HARNESSES } from './other-orm-harnesses.js';
import { PASSPORT_HARNESSES } from './passport-harnesses.js';
import { PASSWORD_HARNESSES } from './password-harnesses.js';
import { SETTINGS_HARNESSES } from './settings-harnesses.js';
import { SIGN_IN_HARNESSES } from './sign-in-harnesses.js';
import { SCRIPT_HARNESSES } from './script-harnesses.js';
import { USER_HARNESSES } from './user-harnesses.js';
import { VISITOR_HARNESSES } from './visitor-harnesses.js';

/** The harnesses of the snippets in README.md and docs, by the name after the language of the fence. */
const HARNESSES: Readonly<Record<string, Harness>> = {
  ...HTTP_HARNESSES,
  ...SCRIPT_HARNESSES,
  ...DATABASE_HARNESSES,
  ...DEPLOY_HARNESSES,
  ...DEVICE_HARNESSES,
  ...EVENT_HARNESSES,
  ...ADMIN_HARNESSES,
  ...CLIENT_HARNESSES,
  ...BROWSER_HARNESSES,
  ...CONNECTION_HARNESSES,
  ...FILTER_HARNESSES,
  ...GATEWAY_HARNESSES,
  ...GRAPHQL_HARNESSES,
  ...KIND_HARNESSES,
  ...LOGIN_HARNESSES,
  ...SETTINGS_HARNESSES,
  ...SIGN_IN_HARNESSES,
  ...IMPORT_HARNESSES,
  ...JWT_HARNESSES,
  ...MOVE_HARNESSES,
  ...OAUTH_HARNESSES,
  ...OBSERVING_HARNESSES,
  ...OPENAPI_HARNESSES,
  ...OTHER_ORM_HARNESSES,
  ...PASSPORT_HARNESSES,
  ...PASSWORD_HARNESSES,
  ...USER_HARNESSES,
  ...ACTING_HARNESSES,
  ...VISITOR_HARNESSES,
};

const snippets = readSnippets();
const compiled = compileSnippets(snippets);
const start = process.cwd();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'docs-'));
  // Snippets keep sessions in './sessions.sqlite'.
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
  compiled.remove();
});

const isRecipe = (name: string) => name.endsWith('.spec');

describe('the documentation', () => {
  it('no snippet of the docs has a type error', () => {
    expect(compiled.complaints).toEqual([]);
  });

  it('every snippet of the docs except test recipes has a harness, and every harness has a snippet', () => {
    const names = snippets.map(({ name }) => name).filter((name) => !isRecipe(name));
    expect(names.toSorted()).toEqual(Object.keys(HARNESSES).toSorted());
  });
});

for (const snippet of snippets) {
  const file = compiled.fileOf(snippet);
  if (isRecipe(snippet.name)) {
    // The snippet is a test itself.
    await import(file).catch((error: unknown) => {
      compiled.remove();
      throw error;
    });
  } else {
    describe(snippet.name, () => {
      const load = (copy?: string) => import(copy === undefined ? file : `${file}?${copy}`);
      HARNESSES[snippet.name]?.({ file, load });
    });
  }
}
