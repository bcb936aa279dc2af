import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../promises/eventually.js';
import { freePort } from '../servers/processes.js';

/** A program that listens on the port in `PORT`. */
interface Server {
  /** The program of Node. */
  readonly node: string;
  readonly file: string;
  /** The folder where it runs. */
  readonly folder: string;
}

/** Runs a server while `work` sends requests to it, then asks it to end. */
export async function serving(
  { node, file, folder }: Server,
  work: (port: number) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port) };
  const child = spawn(node, [file], { cwd: folder, env });
  const exit = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (output += data));
  try {
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => void (child.exitCode ?? (await fetch(url))), 180_000);
    await work(port);
  } catch (error) {
    throw new Error(`${file} failed in ${node}:\n${output}`, { cause: error });
  } finally {
    child.kill();
    await exit;
  }
}
