import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transformFileSync } from '@swc/core';

/** What a program did that ran to its end by itself. */
export interface ProgramResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A folder with this library as an installed package, where programs of one's own can run as processes of their own. */
export interface CompiledLibrary {
  readonly folder: string;
  /** Runs an ES module; fails the test where it is not over within 20 seconds. */
  run(program: string, env?: NodeJS.ProcessEnv): Promise<ProgramResult>;
  remove(): void;
}

const ROOT = resolve('.');

export function compileLibrary(): CompiledLibrary {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-library-'));
  const compiled = join(folder, 'library');
  for (const file of readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ts')) {
      const target = join(compiled, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, transformFileSync(join(ROOT, 'lib', file), COMPILER).code);
    }
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      type: 'module',
      name: 'nestjs-server-sessions',
      version: '0.0.0',
      exports: './library/index.js',
    }),
  );
  return {
    folder,
    run: (program, env) => run(folder, program, env),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function run(folder: string, program: string, env: NodeJS.ProcessEnv = {}): Promise<ProgramResult> {
  const file = join(folder, 'program.js');
  writeFileSync(file, program);
  return new Promise((done) => {
    const options = { cwd: folder, timeout: 20_000, env: { ...process.env, ...env } };
    const child = execFile(process.execPath, [file], options, (_error, stdout, stderr) => {
      done({ code: child.exitCode, signal: child.signalCode, output: stdout + stderr });
    });
  });
}

const COMPILER = {
  jsc: {
    target: 'es2023',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'es6' },
} as const;
