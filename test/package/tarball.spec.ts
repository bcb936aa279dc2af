import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/docs/snippets.js';
import { run } from '../support/package/run.js';
import { TARBALL, unpackInto } from '../support/package/tarball.js';

/** In bytes. */
const LARGEST = 60_000;

const bin = (name: string, ...args: string[]) =>
  run(ROOT, join(ROOT, 'node_modules/.bin', name), args);

describe('the package', () => {
  let folder: string;
  let unpacked: string;

  const read = (file: string) => readFileSync(join(unpacked, file), 'utf8');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tarball-'));
    unpacked = await unpackInto(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is small', () => {
    expect(statSync(TARBALL).size).toBeLessThanOrEqual(LARGEST);
  });

  it('holds what is built and what npm shows', () => {
    const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1))
      .toSorted();
    const built = files.filter((file) => /^dist\/[\w./-]+(\.d\.ts|\.js)$/.test(file));
    expect(files.filter((file) => !built.includes(file))).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(built).toEqual(expect.arrayContaining(['dist/index.d.ts', 'dist/index.js']));
    expect(built.filter((file) => /\.(spec|test)\.|(^|\/)\./.test(file))).toEqual([]);
  });

  it('keeps the comments in its declarations, and leaves out what is internal', () => {
    expect(read('dist/index.d.ts')).toContain('@throws SessionNotFoundError');
    expect(read('dist/index.d.ts')).not.toMatch(/@internal|SessionLifecycle|get token\(/);
    expect(read('dist/index.js')).not.toContain('@throws');
  });

  it('loads nothing of its command line before the heap is kept small', () => {
    const [shebang, program] = read('dist/cli/main.js').split('\n');
    expect(shebang).toBe('#!/usr/bin/env node');
    expect(program!.match(/"[^"]+"/g)).toEqual([
      '"node:v8"',
      '"--optimize-for-size"',
      '"./program.js"',
    ]);
  });

  it('passes publint', async () => {
    expect(await bin('publint', TARBALL, '--strict')).toContain('All good!');
  });

  it('passes attw', async () => {
    // Every Node that `engines` names loads an ES module by require(), which this rule does not know of.
    await bin('attw', TARBALL, '--ignore-rules', 'cjs-resolves-to-esm');
  });

  it('exports these names', async () => {
    const program = `
      import(${JSON.stringify(pathToFileURL(join(ROOT, 'dist/index.js')).href)})
        .then((all) => console.log(Object.keys(all).sort().join('\\n')));
    `;
    const exported = (await run(ROOT, process.execPath, ['-e', program])).trim().split('\n');
    expect(exported).toMatchInlineSnapshot(`
      [
        "CurrentSession",
        "InjectSessionModel",
        "OptionalSession",
        "RequireSession",
        "Session",
        "SessionConflictError",
        "SessionDataError",
        "SessionDataTooLargeError",
        "SessionEntity",
        "SessionError",
        "SessionExceptionFilter",
        "SessionExpiredError",
        "SessionGuard",
        "SessionHttpException",
        "SessionLimitError",
        "SessionManager",
        "SessionNotFoundError",
        "SessionStoreError",
        "SessionToken",
        "SessionsConfigurationError",
        "SessionsModule",
        "SkipSession",
        "getCurrentSession",
        "getSessionsOptionsToken",
        "init",
      ]
    `);
    const [, types] = /^export type \{ (.*) \};$/m.exec(read('dist/index.d.ts'))!;
    expect(types!.split(', ').toSorted()).toMatchInlineSnapshot(`
      [
        "CleanupOptions",
        "Clock",
        "CreateSessionOptions",
        "CsrfOptions",
        "InitOptions",
        "ListedSession",
        "RegenerateCurrentSessionOptions",
        "RegenerateSessionOptions",
        "RejectionReason",
        "RemovalReason",
        "RemoveExpiredSessionsOptions",
        "RemoveSessionByIdOptions",
        "RemoveUserSessionsOptions",
        "RenewSessionOptions",
        "SessionChange",
        "SessionClient",
        "SessionCookieOptions",
        "SessionEvent",
        "SessionHttpCode",
        "SessionRecord",
        "SessionRequest",
        "SessionResponse",
        "SessionSummary",
        "SessionsModuleAsyncOptions",
        "SessionsModuleExtras",
        "SessionsModuleOptions",
        "SessionsOptionsFactory",
        "StartSessionOptions",
        "UpdateSessionOptions",
      ]
    `);
  });
});
