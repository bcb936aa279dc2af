import config from './jest.config.js';

const short = process.env.STRESS === 'short';
process.env.MODEL_RUNS ??= short ? '1000' : '10000';

/**
 * The suite of races and loads: `npm run test:stress`, or `STRESS=short npm run test:stress` in a fraction of the time.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  testMatch: ['<rootDir>/test/stress/**/*.spec.ts', '<rootDir>/test/model/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 15 * 60_000,
  maxWorkers: 1,
};
