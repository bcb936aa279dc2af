import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Application } from '../support/package/application.js';
import { nestNew } from '../support/package/nest-new.js';
import { NODE_MAJORS, nodeOf } from '../support/package/node-version.js';
import { shopAt } from '../support/package/quick-start.js';
import { snippet } from '../support/package/readme.js';

/** The last two are for the vitest.config.ts of `nest new`. */
const TESTING = [
  '@nestjs/testing',
  'supertest',
  '@types/supertest',
  'vitest',
  'vite-tsconfig-paths',
];

const ON_FASTIFY = `
  import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
  import { Test } from '@nestjs/testing';
  import { getStartedSession, overrideSessionsOptions, signIn } from 'nestjs-server-sessions/testing';
  import { expect, it } from 'vitest';
  import { AppModule } from './app.module.js';

  it('has a basket', async () => {
    const builder = Test.createTestingModule({ imports: [AppModule] });
    overrideSessionsOptions(builder, { storagePath: ':memory:' });
    const module = await builder.compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.init();
    const login = await app.inject({ method: 'POST', url: '/login', payload: { name: 'ann' } });
    expect(await getStartedSession(app, login)).toMatchObject({ userId: 'ann' });
    const { headers } = await signIn(app, { userId: 'ann', basket: ['apple'] });
    const response = await app.inject({ url: '/basket', headers });
    expect(response.json()).toEqual(['apple']);
    await app.close();
  });
`;

describe('the quick start in a new application of Nest 12, an ES module', () => {
  let app: Application;

  beforeAll(async () => {
    app = await nestNew(12, [
      'typescript',
      '@types/node',
      '@nestjs/platform-fastify@12',
      ...TESTING,
    ]);
  });
  afterAll(() => app?.remove());

  it('the quick start in Nest 12 compiles as an ES module', async () => {
    expect(await app.bin('tsc', '-p', 'tsconfig.build.json', '--types', 'node')).toBe('');
  });

  it.each(NODE_MAJORS)('the quick start in Nest 12 serves on Node %i', async (major) => {
    await app.serve(await nodeOf(major), 'dist/main.js', shopAt);
  });

  it('the quick start in Nest 12 passes its own test in Vitest, and another one on Fastify', async () => {
    const test = snippet('app.spec').replace("'@jest/globals'; // or from 'vitest'", "'vitest';");
    app.write('src/app.spec.ts', test);
    app.write('src/fastify.spec.ts', ON_FASTIFY);
    await app.bin('vitest', 'run', '--testTimeout=120000');
  });
});
