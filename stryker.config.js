/** What is mutated, by the file of `test/mutation` whose specs must notice; `MUTATION_PART` names one. */
const PARTS = {
  tokens: ['lib/manager/token/{token,legacy-token,token-verifier}.ts'],
  'cookie-options': ['lib/http/transport/cookie.options.ts'],
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

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: PARTS[process.env['MUTATION_PART']],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'jest.mutation.config.js', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  thresholds: { high: 100, low: 90, break: 90 },
  concurrency: 2,
  reporters: ['clear-text', 'progress'],
  // A mutant that hangs does so for good; a busy machine must not look like one.
  timeoutMS: 60_000,
};
