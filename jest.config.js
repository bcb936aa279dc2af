/** How the tests of every project are found and compiled. `stryker.config.js` uses it too. */
export const COMMON = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-server-sessions$': '<rootDir>/lib/index.ts',
    '^nestjs-server-sessions/(.+)$': '<rootDir>/lib/integrations/$1/index.ts',
    // Our sources import './x.js' where only './x.ts' is on disk; installed packages keep their .js.
    '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
    // Mercurius requires @fastify/static, whose copy is an ES module. Jest can't require one on Node 20.
    '^content-disposition$': '<rootDir>/node_modules/content-disposition',
  },
  transform: {
    '\\.worker\\.ts$': '<rootDir>/scripts/worker-source.js',
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
};

/** What runs as a whole only where Node has `node:sqlite`: `.ci/run` tests it on Node 24. */
const ONLY_WITH_NODE_SQLITE = [
  '!lib/store/drivers/node-sqlite/**',
  '!lib/store/drivers/sqlite/choose-sqlite-driver.ts',
  '!lib/store/checks/one-sqlite.ts',
];

/** The folders of `test` that hold specs. The npm scripts of package.json select them by name. */
const PROJECTS = [
  // `npm test`
  'unit',
  'contract',
  'e2e',
  'docs',
  'model',
  'sample',
  // Each by a script with the same name, such as `npm run test:cli`.
  'browser',
  'cli',
  'clients',
  'cluster',
  'faults',
  'package',
  'stress',
];

/**
 * Jest reads the timeout of a test and the number of workers for the whole run, not for each project. The npm scripts that
 * need other values than these pass them.
 *
 * @type {import('jest').Config}
 */
export default {
  projects: PROJECTS.map((name) => ({
    ...COMMON,
    displayName: name,
    testMatch: [`<rootDir>/test/${name}/**/*.spec.ts`],
  })),
  // Longer than any call of the library waits for its database (at most the 60 s of `option-sets.ts`), so that a
  // test that hangs fails with the error of the call, and a slow machine fails nothing.
  testTimeout: 120_000,
  maxWorkers: 2,
  // Modules of finished files stay in memory. Near the limit of the heap, which is 4 GB, a worker takes ten times as long for a
  // file as before. So a new one takes over.
  workerIdleMemoryLimit: '1.5GB',
  // A worker that has run many files has a heap of 1 GB and more, which takes longer to free than the default of 500 ms. Jest
  // would end it and warn of an open handle. A worker that really keeps one open is still ended, and reported.
  workerGracefulExitTimeout: 10_000,
  // The v8 provider counts files that hold only types as uncovered.
  coverageProvider: 'babel',
  collectCoverageFrom: [
    'lib/**/*.ts',
    // Code that only the command line uses runs in separate processes, by `npm run test:cli`.
    '!lib/cli/**',
    '!lib/tools/**',
    '!lib/store/queries/lookups/statistics.ts',
    // Runs in browsers, by `npm run test:browser`.
    '!lib/integrations/browser/**',
    // Jest sees only the string that becomes the program of a thread.
    '!lib/**/*.worker.ts',
    ...(process.getBuiltinModule('node:sqlite') ? [] : ONLY_WITH_NODE_SQLITE),
  ],
  coverageThreshold: {
    global: { lines: 95, branches: 95 },
    // This code decides who gets in; `npm run test:mutation` mutates the same files.
    'lib/manager/token/{token,legacy-token,legacy-handover,token-verifier}.ts': { branches: 100 },
    'lib/manager/expiry/{expiry,rolling-renewal}.ts': {
      branches: 100,
    },
    'lib/http/{guard,transport}/*.ts': {
      branches: 100,
    },
    'lib/http/request/{caching,request-tokens,cookie-handover}.ts': { branches: 100 },
  },
  reporters: ['default', '<rootDir>/test/support/runner/skipped-suites.reporter.js'],
};
