import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end; if it fails, the error has its output. */
export async function run(
  folder: string,
  program: string,
  args: readonly string[],
): Promise<string> {
  try {
    const { stdout } = await execute(program, args, { cwd: folder, env: environment() });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Returns the environment without the variables that `npm run` sets for this repository. */
function environment(): NodeJS.ProcessEnv {
  const { npm_config_local_prefix: _, INIT_CWD: __, ...env } = process.env;
  return env;
}
