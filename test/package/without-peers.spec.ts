import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/docs/snippets.js';
import { run } from '../support/package/run.js';
import { unpackInto } from '../support/package/tarball.js';

/** The dependencies of the package, and the peers that are not optional. */
const INSTALLED = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/sequelize',
  'cookie',
  'reflect-metadata',
  'rxjs',
  'sequelize',
  'sequelize-typescript',
  'uuid',
];

describe('without the optional packages', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'without-peers-'));
    await unpackInto(folder);
    for (const name of INSTALLED) {
      const target = join(folder, 'node_modules', name);
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), target);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Imports an entry point of the package in a new process; returns `loaded`, or the message of its error. */
  const load = (name: string) => {
    const program = `import('${name}').then(() => 'loaded', ({ message }) => message).then(console.log)`;
    return run(folder, process.execPath, ['-e', program]);
  };

  it.each(['', '/exchange', '/express-session', '/graphql', '/sockets', '/testing'])(
    'nestjs-server-sessions%s loads without any of them',
    async (path) => {
      expect(await load(`nestjs-server-sessions${path}`)).toBe('loaded\n');
    },
  );

  it.each([
    ['/opentelemetry', '@opentelemetry/api'],
    ['/swagger', '@nestjs/swagger'],
    ['/terminus', '@nestjs/terminus'],
  ])(
    'the error of nestjs-server-sessions%s names the missing package %s',
    async (path, missing) => {
      expect(await load(`nestjs-server-sessions${path}`)).toContain(
        `Cannot find package '${missing}'`,
      );
    },
  );
});
