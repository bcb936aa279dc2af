import config from './jest.config.js';

/**
 * The command line, each command a process of its own: `npm run test:cli`.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  testMatch: ['<rootDir>/test/cli/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
