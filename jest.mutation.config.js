import base from './jest.config.js';

// One database and one framework are enough to see a mutant die, and quick. Fastify adds a second
// Set-Cookie where Express replaces the first, so there is more that can go wrong.
process.env['TEST_ADAPTERS'] = 'Fastify';
process.env['TEST_DATABASES'] = 'SQLite :memory:';

/**
 * The specs that kill mutants, gathered in a file for each part of the code: a module is loaded once per mutant then.
 *
 * @type {import('jest').Config}
 */
export default {
  ...base,
  testMatch: [`<rootDir>/test/mutation/${process.env['MUTATION_PART']}.spec.ts`],
  testPathIgnorePatterns: ['/node_modules/'],
};
