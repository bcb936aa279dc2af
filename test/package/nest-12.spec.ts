import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Application } from '../support/package/application.js';
import { nestNew } from '../support/package/nest-new.js';
import { NODE_MAJORS, nodeOf } from '../support/package/node-version.js';
import { shopAt } from '../support/package/quick-start.js';

describe('the quick start in a new application of Nest 12, an ES module', () => {
  let app: Application;

  beforeAll(async () => {
    app = await nestNew(12, ['typescript', '@types/node']);
  });
  afterAll(() => app?.remove());

  it('the quick start in Nest 12 compiles as an ES module', async () => {
    expect(await app.bin('tsc', '-p', 'tsconfig.build.json', '--types', 'node')).toBe('');
  });

  it.each(NODE_MAJORS)('the quick start in Nest 12 serves on Node %i', async (major) => {
    await app.serve(await nodeOf(major), 'dist/main.js', shopAt);
  });
});
