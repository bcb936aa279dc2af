import config from './jest.config.js';

/**
 * The suite of hostile input and faults: `npm run test:faults`, or `FAULTS=short npm run test:faults` in a fraction of the
 * time.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  testMatch: ['<rootDir>/test/faults/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 15 * 60_000,
  maxWorkers: 1,
};
