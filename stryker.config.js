import { COMMON } from './jest.config.js';

/** The mutated files, by the file of `test/mutation` whose specs must notice; `MUTATION_PART` names one. */
const PARTS = {
  tokens: ['lib/manager/token/{token,legacy-token,token-verifier}.ts'],
  'cookie-options': [
    'lib/http/transport/{cookie,previous-cookie}.options.ts',
    'lib/http/transport/cookie-checks.ts',
  ],
  cookies: [
    'lib/http/transport/{*.transport,cookie-header}.ts',
    'lib/http/transport/cross-origin.ts',
    'lib/http/request/caching.ts',
  ],
  requests: [
    'lib/http/guard/*.ts',
    'lib/http/request/{request-tokens,request-session}.ts',
    'lib/manager/expiry/{expiry,rolling-renewal}.ts',
  ],
};

const part = process.env['MUTATION_PART'];

// One database and one framework are enough to kill a mutant, and fast. Fastify adds a second Set-Cookie while Express
// replaces the first, so more can go wrong there.
process.env['TEST_ADAPTERS'] = 'Fastify';
process.env['TEST_DATABASES'] = 'SQLite :memory:';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: PARTS[part],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: {
    // Stryker merges this into jest.config.js and does not read `projects`. The specs of a part are gathered in one file, so
    // that each mutant loads a module once.
    config: { ...COMMON, projects: [], testMatch: [`<rootDir>/test/mutation/${part}.spec.ts`] },
    enableFindRelatedTests: false,
  },
  coverageAnalysis: 'perTest',
  thresholds: { high: 100, low: 90, break: 90 },
  concurrency: 2,
  reporters: ['clear-text', 'progress'],
  // A mutant that hangs never ends; a slow test on a busy machine must not look like one.
  timeoutMS: 60_000,
};
