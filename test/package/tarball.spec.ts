import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/docs/snippets.js';
import { run } from '../support/package/run.js';
import { TARBALL, unpackInto } from '../support/package/tarball.js';

const MAX_BYTES = 700_000;
const MAX_LINE_LENGTH = 400;

const bin = (name: string, ...args: string[]) =>
  run(ROOT, join(ROOT, 'node_modules/.bin', name), args);

/** What Node prints when a program fails. */
const failure = (args: readonly string[]): Promise<string> =>
  run(ROOT, process.execPath, args).then(
    () => 'It did not fail.',
    ({ message }: Error) => message,
  );

describe('the package', () => {
  let folder: string;
  let unpacked: string;

  const read = (file: string) => readFileSync(join(unpacked, file), 'utf8');
  const files = () =>
    readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1))
      .toSorted();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tarball-'));
    unpacked = await unpackInto(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('the package has at most 700 KB packed', () => {
    expect(statSync(TARBALL).size).toBeLessThanOrEqual(MAX_BYTES);
  });

  it('the package holds the built files, the sources that their maps name, and the docs', () => {
    const documents =
      /^(?:(?:docs\/[\w./-]+|AGENTS|CHANGELOG|README|SECURITY)\.md|LICENSE|package\.json)$/;
    const built = /^dist\/[\w./-]+\.(?:d\.ts|js)(?:\.map)?$/;
    const sources = /^lib\/[\w./-]+\.ts$/;
    const strange = files().filter(
      (file) => ![documents, built, sources].some((kind) => kind.test(file)),
    );
    expect(strange).toEqual([]);
    expect(files()).toEqual(
      expect.arrayContaining(['dist/index.d.ts', 'dist/index.js', 'docs/security.md']),
    );
    expect(files().filter((file) => /\.(spec|test)\.|(^|\/)\./.test(file))).toEqual([]);
  });

  it('the package has no line of code that is too long to read', () => {
    const scripts = files().filter((file) => /\.(?:js|ts)$/.test(file));
    const long = scripts.filter((file) =>
      read(file)
        .split('\n')
        .some((line) => line.length > MAX_LINE_LENGTH),
    );
    expect(long).toEqual([]);
  });

  it('the package has a map for each built file, and every source that a map names', () => {
    const built = files().filter((file) => /^dist\/.*\.(?:d\.ts|js)$/.test(file));
    for (const file of built) {
      const { sources } = JSON.parse(read(`${file}.map`)) as { sources: string[] };
      expect(sources).not.toEqual([]);
      const missing = sources.filter(
        // The compiler's helpers come from another package.
        (source) =>
          !source.includes('/tslib/') && !existsSync(join(unpacked, dirname(file), source)),
      );
      expect({ file, missing }).toEqual({ file, missing: [] });
    }
  });

  it('an uncaught error shows a readable line of its source', async () => {
    const main = pathToFileURL(join(ROOT, 'dist/index.js')).href;
    const program = `import(${JSON.stringify(main)}).then(({ init }) => init({ expireTime: 'long' }));`;
    const plain = await failure(['-e', program]);
    expect(plain).toMatch(/^ +return new SessionsConfigurationError\(`.*`\);$/m);
    const mapped = await failure(['--enable-source-maps', '-e', program]);
    expect(mapped).toMatch(/at init \(.*lib\/init\.ts:\d+:\d+\)/);
  });

  it('the package has every page that README and the docs link to', () => {
    // How to work on the package is described in the repository.
    const pages = (file: string) =>
      Array.from(read(file).matchAll(/\]\((?!https?:)([^)#]+\.md)/g), ([, page]) => page!).filter(
        (page) => !page.endsWith('CONTRIBUTING.md'),
      );
    const broken = files()
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) => pages(file).map((page) => join(dirname(file), page)))
      .filter((page) => !files().includes(page));
    expect(broken).toEqual([]);
  });

  it('the declarations keep comments and leave out internal members', () => {
    expect(read('dist/index.d.ts')).toContain('@throws SessionNotFoundError');
    expect(read('dist/index.d.ts')).not.toMatch(/@internal|SessionLifecycle|get token\(/);
  });

  it('the store for express-session is a separate export, with types that need no other package', async () => {
    const program = `
      import('nestjs-server-sessions/express-session').then((store) => console.log(Object.keys(store)));`;
    expect(await run(ROOT, process.execPath, ['-e', program])).toContain(
      "[ 'SessionManagerStore' ]",
    );
    const types = read('dist/integrations/express-session/index.d.ts');
    expect(types).not.toMatch(/from '(?:express|@fastify|fastify)/);
    expect(files().filter((file) => /^dist\/[^/]*\.js$/.test(file))).toEqual([
      'dist/index.js',
      'dist/shared.js',
    ]);
  });

  it('the script for pages is one file that imports nothing, and at most 3 KB compressed', () => {
    const script = read('dist/integrations/browser/index.js');
    expect(script).not.toMatch(/^import\b|\bimport\(|\brequire\(/m);
    expect(gzipSync(script).length).toBeLessThan(3 * 1024);
    expect(read('dist/integrations/browser/index.d.ts')).not.toMatch(/from '/);
  });

  it('the exchange of old credentials is a separate export, with types that need no other package', async () => {
    const program = `
      import('nestjs-server-sessions/exchange').then((exchange) => console.log(Object.keys(exchange).join()));`;
    expect(await run(ROOT, process.execPath, ['-e', program])).toBe('SessionExchange,pinnedJwt\n');
    const types = read('dist/integrations/exchange/index.d.ts');
    const packages = Array.from(types.matchAll(/from '([^.][^']*)'/g), ([, name]) => name);
    expect(packages).toEqual([]);
  });

  it('the pages for operators are a separate export, with types that need no other package', async () => {
    const program = `
      import('nestjs-server-sessions/admin').then((admin) => console.log(Object.keys(admin)));`;
    expect(await run(ROOT, process.execPath, ['-e', program])).toContain(
      "[ 'SessionAdminModule' ]",
    );
    const types = read('dist/integrations/admin/index.d.ts');
    const packages = Array.from(types.matchAll(/from '([^.][^']*)'/g), ([, name]) => name);
    expect(packages).toEqual(['@nestjs/common']);
  });

  it('the health indicator for terminus is a separate export', async () => {
    const program = `
      import('nestjs-server-sessions/terminus').then((health) => console.log(Object.keys(health)));`;
    expect(await run(ROOT, process.execPath, ['-e', program])).toContain(
      "[ 'SessionsHealthIndicator' ]",
    );
    expect(read('dist/index.d.ts')).not.toContain('@nestjs/terminus');
  });

  it('the tools for tests are a separate export, with types that need no other package', async () => {
    const program = `
      import('nestjs-server-sessions/testing').then((kit) => console.log(Object.keys(kit).join()));`;
    expect(await run(ROOT, process.execPath, ['-e', program])).toBe(
      'TestClock,getStartedSession,overrideSessionsOptions,signIn\n',
    );
    const types = read('dist/integrations/testing/index.d.ts');
    const packages = Array.from(types.matchAll(/from '([^.][^']*)'/g), ([, name]) => name);
    expect(packages).toEqual(['@nestjs/common']);
  });

  it('the integration for OpenAPI is a separate export, which alone loads its package', async () => {
    const program = `
      import('nestjs-server-sessions/swagger').then((all) => console.log(Object.keys(all).join()));`;
    expect(await run(ROOT, process.execPath, ['-e', program])).toBe(
      'ApiSession,documentSessions\n',
    );
    const loading = files().filter(
      (file) => /^dist\/.*\.js$/.test(file) && read(file).includes('@nestjs/swagger'),
    );
    expect(loading).toEqual(['dist/integrations/swagger/index.js']);
  });

  it('the module for sockets is a separate export, with types that need no other package', async () => {
    const types = read('dist/integrations/sockets/index.d.ts');
    expect(types).not.toMatch(/websockets|socket\.io|'ws'/);
    const program = `
      import { register } from 'node:module';
      import { Module } from '@nestjs/common';
      import { NestFactory } from '@nestjs/core';
      register('data:text/javascript,' + encodeURIComponent(\`
        export async function resolve(name, context, next) {
          if (name === '@nestjs/websockets') {
            throw Object.assign(new Error(name), { code: 'ERR_MODULE_NOT_FOUND' });
          }
          return next(name, context);
        }\`));
      const { SessionsModule } = await import('nestjs-server-sessions');
      const sockets = await import('nestjs-server-sessions/sockets');
      console.log(Object.keys(sockets));
      class AppModule {}
      const sessions = SessionsModule.forRoot({ storagePath: ':memory:' });
      Module({ imports: [sessions, sockets.SessionSocketsModule] })(AppModule);
      await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false })
        .catch(({ name, message }) => console.log(name, message));`;
    const output = await run(ROOT, process.execPath, ['--input-type=module', '-e', program]);
    expect(output).toContain("[ 'SessionSocketsModule' ]");
    expect(output).toMatch(/SessionsConfigurationError .* npm install @nestjs\/websockets/);
  });

  it('the instrumentation for OpenTelemetry is a separate export', async () => {
    const program = `
      import('nestjs-server-sessions/opentelemetry').then((all) => console.log(Object.keys(all).join()));`;
    expect(await run(ROOT, process.execPath, ['-e', program])).toContain(
      'SessionsInstrumentation,observeLiveSessions',
    );
    for (const file of ['dist/index.js', 'dist/index.d.ts', 'dist/shared.js']) {
      expect(read(file)).not.toContain('@opentelemetry/');
    }
  });

  it('the module for GraphQL is a separate export that loads no package of GraphQL', async () => {
    const program = `
      import('nestjs-server-sessions/graphql').then((graphql) => console.log(Object.keys(graphql)));`;
    expect(await run(ROOT, process.execPath, ['-e', program])).toContain(
      "[ 'SessionGraphQLModule' ]",
    );
    for (const file of ['index.d.ts', 'index.js']) {
      const text = read(`dist/integrations/graphql/${file}`);
      expect(text).not.toMatch(/from '(?:graphql|mercurius|@apollo|@nestjs\/(?!common'|core'))/);
    }
  });

  it('the command line limits the heap before it loads anything else', () => {
    expect(read('dist/cli/main.js').split('\n').filter(Boolean)).toEqual([
      '#!/usr/bin/env node',
      "import { setFlagsFromString } from 'node:v8';",
      "setFlagsFromString('--optimize-for-size');",
      "await import('./program.js');",
      '//# sourceMappingURL=main.js.map',
    ]);
  });

  it('the package passes publint', async () => {
    expect(await bin('publint', TARBALL, '--strict')).toContain('All good!');
  });

  it('the package passes attw', async () => {
    // Every Node that `engines` names loads an ES module by require(), which this rule does not know.
    await bin('attw', TARBALL, '--ignore-rules', 'cjs-resolves-to-esm');
  });

  it('the package exports exactly these names', async () => {
    const program = `
      import(${JSON.stringify(pathToFileURL(join(ROOT, 'dist/index.js')).href)})
        .then((all) => console.log(Object.keys(all).sort().join('\\n')));
    `;
    const exported = (await run(ROOT, process.execPath, ['-e', program])).trim().split('\n');
    expect(exported).toMatchInlineSnapshot(`
      [
        "AllowCrossOrigin",
        "CurrentSession",
        "GuardedSession",
        "InjectSessionModel",
        "OptionalSession",
        "PublicRoute",
        "RequireBoundDevice",
        "RequireFresh",
        "RequireSession",
        "Session",
        "SessionActingError",
        "SessionConflictError",
        "SessionDataError",
        "SessionDataTooLargeError",
        "SessionEndedError",
        "SessionEntity",
        "SessionError",
        "SessionExceptionFilter",
        "SessionExpiredError",
        "SessionGuard",
        "SessionHttpException",
        "SessionLimitError",
        "SessionManager",
        "SessionNotFoundError",
        "SessionStatusController",
        "SessionStoreError",
        "SessionStreamInterceptor",
        "SessionToken",
        "SessionWatch",
        "SessionsConfigurationError",
        "SessionsModule",
        "SkipSession",
        "defineSessions",
        "getCurrentSession",
        "getSessionsOptionsToken",
        "init",
      ]
    `);
    const [, types] = /^export type \{([^}]*)\};$/m.exec(read('dist/index.d.ts'))!;
    expect(types!.match(/\w+/g)!.toSorted()).toMatchInlineSnapshot(`
      [
        "ActAsOptions",
        "CleanupOptions",
        "Clock",
        "ConfirmCurrentSessionOptions",
        "CreateSessionOptions",
        "CsrfOptions",
        "DeviceBoundOptions",
        "EncryptionOptions",
        "EndSessionOptions",
        "EndedSession",
        "InitOptions",
        "ListEndedSessionsOptions",
        "ListSessionsOptions",
        "ListedSession",
        "OwnerReassignment",
        "PreviousSessionCookie",
        "ReassignOwnersOptions",
        "RegenerateCurrentSessionOptions",
        "RegenerateSessionOptions",
        "RejectionReason",
        "RemovalReason",
        "RemoveAllSessionsOptions",
        "RemoveExpiredSessionsOptions",
        "RemoveSessionByIdOptions",
        "RemoveUserSessionsOptions",
        "RenewCurrentSessionOptions",
        "RenewSessionOptions",
        "SessionActor",
        "SessionChange",
        "SessionClient",
        "SessionCookieOptions",
        "SessionDevice",
        "SessionDiagnostics",
        "SessionEnd",
        "SessionEndReason",
        "SessionEndReasons",
        "SessionEvent",
        "SessionHttpCode",
        "SessionKind",
        "SessionRecord",
        "SessionRequest",
        "SessionResponse",
        "SessionStatus",
        "SessionStoreReason",
        "SessionSummary",
        "SessionsModuleAsyncOptions",
        "SessionsModuleClass",
        "SessionsModuleExtras",
        "SessionsModuleOptions",
        "SessionsOptionsFactory",
        "StartSessionOptions",
        "StopActingOptions",
        "TypedParameterDecorator",
        "UpdateSessionOptions",
        "WatchEndReason",
        "WatchOptions",
        "WatchSessionOptions",
      ]
    `);
  });
});
