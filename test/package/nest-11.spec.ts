import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Application } from '../support/package/application.js';
import { nestNew, withoutEndings } from '../support/package/nest-new.js';
import { NODE_MAJORS, nodeOf } from '../support/package/node-version.js';
import { shopAt } from '../support/package/quick-start.js';
import { json, snippet } from '../support/package/readme.js';

const DEVELOPING = ['typescript', '@types/node', '@nestjs/testing', 'jest', '@types/jest'];
const TESTING = ['ts-jest', 'supertest', '@types/supertest', '@nestjs/platform-fastify@11'];

const ON_FASTIFY = `
  import { NestFactory } from '@nestjs/core';
  import { FastifyAdapter } from '@nestjs/platform-fastify';
  import { AppModule } from './app.module';

  void NestFactory.create(AppModule, new FastifyAdapter()).then((app) =>
    app.listen(process.env.PORT!),
  );
`;

describe('the quick start in a new application of Nest 11, in CommonJS', () => {
  let app: Application;

  beforeAll(async () => {
    app = await nestNew(11, [...DEVELOPING, ...TESTING]);
    app.write('src/main-fastify.ts', ON_FASTIFY);
    app.write('src/app.spec.ts', withoutEndings(snippet('app.spec')));
  });
  afterAll(() => app?.remove());

  it('the quick start in Nest 11 compiles as CommonJS', async () => {
    expect(await app.bin('tsc', '-p', 'tsconfig.build.json')).toBe('');
  });

  describe.each(NODE_MAJORS)('on Node %i', (major) => {
    it.each(['main.js', 'main-fastify.js'])(
      'the quick start in Nest 11 serves: %s',
      async (file) => {
        await app.serve(await nodeOf(major), `dist/${file}`, shopAt);
      },
    );
  });

  it('the quick start in Nest 11 passes its own test with the settings of docs/testing.md', async () => {
    const { jest } = JSON.parse(json('jest', 'docs/testing.md'));
    app.configure('package.json', (manifest) => Object.assign(manifest['jest'], jest));
    await app.bin('jest', '--testTimeout=120000');
  });
});
