import config from './jest.config.js';

/**
 * What npm gets, installed into applications of its own: `npm run test:package`, which packs it first.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  testMatch: ['<rootDir>/test/package/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 10 * 60_000,
};
