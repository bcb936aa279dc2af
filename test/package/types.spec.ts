import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/docs/snippets.js';
import { run } from '../support/package/run.js';
import { unpackInto } from '../support/package/tarball.js';

/** The packages of an application without any of the optional databases. */
const INSTALLED = [
  '@nestjs',
  '@standard-schema',
  '@types/node',
  'rxjs',
  'sequelize',
  'sequelize-typescript',
  'zod',
];

/** The compiler options of Nest, but declarations are checked too: one of an optional database would be an error. */
const OPTIONS = {
  target: 'ES2023',
  types: ['node'],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
  isolatedModules: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

const AS_ES_MODULE = { type: 'module', module: 'NodeNext' };
const AS_COMMONJS = { type: 'commonjs', module: 'NodeNext' };
const FOR_A_BUNDLER = { type: 'module', module: 'ESNext', moduleResolution: 'Bundler' };

describe('the declarations', () => {
  let folder: string;

  /** Compiles the consumer; returns the errors of the compiler. */
  const complaints = async ({ type, ...options }: { type: string }) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
    const compilerOptions = { ...OPTIONS, ...options };
    const config = { compilerOptions, files: ['consumer.ts', 'kinds.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    return run(folder, tsc, ['-p', folder]).then(
      () => '',
      (error: Error) => error.message,
    );
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'types-'));
    await unpackInto(folder);
    for (const name of INSTALLED) {
      mkdirSync(join(folder, 'node_modules', name, '..'), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    cpSync(join(ROOT, 'test/package/types'), folder, { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['in an ES module', AS_ES_MODULE],
    ['in CommonJS', AS_COMMONJS],
    ['for a bundler', FOR_A_BUNDLER],
  ])('the declarations accept right calls and refuse wrong ones: %s', async (_, options) => {
    expect(await complaints(options)).toBe('');
  });
});
