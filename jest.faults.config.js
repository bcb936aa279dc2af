import config from './jest.config.js';

/**
 * The suite of what goes wrong with databases, on servers of its own: `npm run test:faults`, or
 * `FAULTS=short npm run test:faults` in a fraction of the time.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  testMatch: ['<rootDir>/test/faults/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 10 * 60_000,
  maxWorkers: 1,
};
