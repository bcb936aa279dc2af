import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { transformFileSync, transformSync } from '@swc/core';
import { WORKER, workerModule } from '../../../scripts/worker-source.js';

/** The result of a program that ran to its end. */
export interface ProgramResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A folder with this library as an installed package, where test programs can run as separate processes. */
export interface CompiledLibrary {
  readonly folder: string;
  /** Runs an ES module; fails the test if it does not end within 20 seconds. */
  run(program: string, env?: NodeJS.ProcessEnv): Promise<ProgramResult>;
  /** Starts a program of TypeScript, with a channel for messages; it runs until it ends by itself. */
  start(file: string, settings: object): RunningProgram;
  remove(): void;
}

/** A process that gets orders as messages, and responds to each with one. */
export interface RunningProgram {
  /** What it has printed until now, to stdout and stderr. */
  readonly output: () => string;
  /** Sends a message and waits for its response. */
  ask<Answer>(message?: unknown): Promise<Answer>;
  /** Sends a message without a response. */
  tell(message: unknown): void;
  kill(signal: NodeJS.Signals): void;
  /** How it ended. */
  readonly ended: Promise<ProgramResult>;
}

const ROOT = resolve('.');

export function compileLibrary(): CompiledLibrary {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-library-'));
  const compiled = join(folder, 'library');
  for (const file of readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ts')) {
      const target = join(compiled, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, compiledSource(join(ROOT, 'lib', file)));
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
    start: (file, settings) => start(folder, file, settings),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Compiles a file of lib. The program of a worker thread becomes a string, as in the package. */
function compiledSource(file: string): string {
  return WORKER.test(file)
    ? transformSync(workerModule(file), COMPILER).code
    : transformFileSync(file, COMPILER).code;
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

function start(folder: string, file: string, settings: object): RunningProgram {
  const compiled = join(folder, basename(file).replace(/\.ts$/, '.js'));
  writeFileSync(compiled, transformFileSync(join(ROOT, file), COMPILER).code);
  const child = fork(compiled, [JSON.stringify(settings)], {
    cwd: folder,
    silent: true,
    execArgv: [],
  });
  let output = '';
  child.stdout!.on('data', (chunk) => (output += String(chunk)));
  child.stderr!.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output }));
  return {
    output: () => output,
    async ask(message) {
      const answer = Promise.race([
        once(child, 'message').then(([answered]) => answered),
        ended.then(() => Promise.reject(new Error(`The program has ended: ${output}`))),
      ]);
      if (message !== undefined) {
        child.send(message as object);
      }
      return answer;
    },
    tell: (message) => void child.send(message as object),
    kill: (signal) => void child.kill(signal),
    ended,
  };
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
