import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Application } from '../support/package/application.js';
import { nestNew, withoutEndings } from '../support/package/nest-new.js';
import { json } from '../support/package/readme.js';

const SOURCES = join(import.meta.dirname, 'integrations');

/** Packages that have the same version for Nest 11 and 12. */
const PEERS = [
  '@apollo/server@5',
  '@as-integrations/express5@1',
  'graphql@16',
  '@opentelemetry/api@1',
  '@opentelemetry/exporter-prometheus@0.223',
  '@opentelemetry/instrumentation@0.223',
  '@opentelemetry/sdk-metrics@2',
  'express-session@1',
  '@types/express-session@1',
  'socket.io-client@4',
  'ws@8',
  '@types/ws@8',
  'typescript',
  '@types/node',
  '@nestjs/testing',
  'supertest',
  '@types/supertest',
];

/** The packages of Nest for the integrations. */
const peersOf = (nest: number, graphql: number) => [
  ...['swagger', 'terminus', 'websockets', 'platform-socket.io', 'platform-ws'].map(
    (name) => `@nestjs/${name}@${nest}`,
  ),
  ...['graphql', 'apollo'].map((name) => `@nestjs/${name}@${graphql}`),
];

/** The application with all integrations, for each major of Nest. */
const MAJORS = [
  {
    name: 'Nest 11, in CommonJS with jest, with the declarations found by typesVersions',
    create: () => nestNew(11, [...PEERS, ...peersOf(11, 13), 'jest', '@types/jest', 'ts-jest']),
    translate: withoutEndings,
    configure: (app: Application) => {
      app.configure('tsconfig.json', ({ compilerOptions }) => {
        delete compilerOptions.resolvePackageJsonExports;
        Object.assign(compilerOptions, { module: 'commonjs', moduleResolution: 'node10' });
      });
      app.configure('package.json', (manifest) =>
        Object.assign(manifest['jest'], JSON.parse(json('jest', 'docs/testing.md')).jest),
      );
    },
    test: ['jest', '--testTimeout=120000'],
  },
  {
    name: 'Nest 12, as an ES module with Vitest',
    create: () => nestNew(12, [...PEERS, ...peersOf(12, 14), 'vitest', 'vite-tsconfig-paths']),
    translate: (code: string) => code.replace("'@jest/globals'", "'vitest'"),
    configure: () => {},
    test: ['vitest', 'run', '--testTimeout=120000'],
  },
] as const;

describe.each(MAJORS)('all integrations in $name', ({ create, translate, configure, test }) => {
  let app: Application;

  beforeAll(async () => {
    app = await create();
    configure(app);
    for (const file of readdirSync(SOURCES)) {
      const name = file === 'peers.ts' ? 'peers.spec.ts' : file;
      app.write(`src/${name}`, translate(readFileSync(join(SOURCES, file), 'utf8')));
    }
  });
  afterAll(() => app?.remove());

  it('all integrations compile together', async () => {
    expect(await app.bin('tsc', '-p', 'tsconfig.build.json', '--types', 'node')).toBe('');
  });

  it('all integrations start together', async () => {
    await app.serve(process.execPath, 'dist/main.js', async (port) => {
      const response = await fetch(`http://127.0.0.1:${port}`);
      expect(await response.json()).toMatchObject({ info: { sessions: { status: 'up' } } });
    });
  });

  it('each integration passes its tests with its real peer', async () => {
    const [program, ...rest] = test;
    await app.bin(program, ...rest);
  });
});
