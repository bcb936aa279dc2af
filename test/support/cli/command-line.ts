import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, jest } from '@jest/globals';
import { compileLibrary, type CompiledLibrary } from '../processes/compiled-library.js';

/** The result of a command. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a separate program, for the tests of one file. */
export interface CommandLine {
  /** The folder that each command runs in; it is empty at first. */
  readonly folder: string;
  /**
   * Runs a command without a terminal, for at most 60 seconds.
   *
   * @param interruptAt presses Ctrl-C when the output matches this
   */
  run(
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
    interruptAt?: RegExp,
  ): Promise<CommandResult>;
  /** Runs a command that writes its standard output, or its errors, to an open file, at most 60 seconds. */
  runInto(
    file: number,
    args: readonly string[],
    output?: 'stdout' | 'stderr',
  ): Promise<CommandResult>;
  /** Returns what a command with `--json` printed; fails if the command failed. */
  json(args: readonly string[]): Promise<Record<string, unknown>>;
}

export function useCommandLine(): CommandLine {
  // A test starts several processes, each of which takes seconds on a busy machine.
  jest.setTimeout(120_000);
  let library: CompiledLibrary;
  let folder: string;
  beforeAll(() => {
    library = compileLibrary();
    folder = join(library.folder, 'working');
    mkdirSync(folder);
  });
  afterAll(() => library.remove());

  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}, interruptAt?: RegExp) =>
    new Promise<CommandResult>((done) => {
      const file = join(library.folder, 'library/cli/main.js');
      // In its own process: it does not wait for a reader of its output.
      const interrupting = interruptAt && {
        NODE_OPTIONS: `--require ${join(process.cwd(), 'test/support/cli/interrupt-at.cjs')}`,
        INTERRUPT_AT: interruptAt.source,
      };
      const options = {
        cwd: folder,
        timeout: 60_000,
        env: { ...process.env, ...env, ...interrupting },
      };
      const child = execFile(process.execPath, [file, ...args], options, (_, stdout, stderr) => {
        done({ code: child.exitCode, stdout, stderr });
      });
    });
  return {
    get folder() {
      return folder;
    },
    run,
    async runInto(file, args, output = 'stdout') {
      const program = join(library.folder, 'library/cli/main.js');
      const other = output === 'stdout' ? 'stderr' : 'stdout';
      const child = spawn(process.execPath, [program, ...args], {
        cwd: folder,
        timeout: 60_000,
        stdio: output === 'stdout' ? ['ignore', file, 'pipe'] : ['ignore', 'pipe', file],
      });
      const [shown] = await Promise.all([text(child[other]!), once(child, 'exit')]);
      return { stdout: '', stderr: '', code: child.exitCode, [other]: shown };
    },
    async json(args) {
      const { code, stdout, stderr } = await run([...args, '--json']);
      if (code !== 0 || stderr !== '') {
        throw new Error(`The command ended with ${code}: ${stderr}`);
      }
      return JSON.parse(stdout) as Record<string, unknown>;
    },
  };
}

/** Opens a pipe at this path and returns its end for writing. Its reader has gone, as after `| head`. */
export function openBrokenPipe(path: string): number {
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, 'r+');
  const writer = openSync(path, 'w');
  closeSync(reader);
  return writer;
}
