import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { eventually } from '../promises/eventually.js';

/** Returns a process and all its descendants, the process itself first. */
export function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) && statOf(name);
    if (stat) {
      // The name of the program is in brackets and may hold anything.
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]));
    }
  }
  const family = [pid];
  for (const member of family) {
    family.push(...[...parents.keys()].filter((child) => parents.get(child) === member));
  }
  return family;
}

function statOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Returns whether a process still runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  const stat = statOf(String(pid));
  return stat !== undefined && stat[stat.lastIndexOf(')') + 2] !== 'Z';
}

/** Sends a signal to processes, except those that have ended. */
export function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }
}

/** The ports that `freePort()` has returned. */
const given = new Set<number>();

/**
 * Returns a free port of this machine, for a server that takes it later; each only once. It is below those that the system
 * gives to connections, and to servers that ask for any: one of them could take it in between.
 */
export function freePort(): Promise<number> {
  return eventually(async () => {
    const port = randomInt(20_000, 32_768);
    if (given.has(port)) {
      throw new Error(`Port ${port} was given to another server.`);
    }
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    await new Promise((closed) => server.close(closed));
    given.add(port);
    return port;
  });
}

/** Waits until something listens on a port of this machine. */
export async function portOpens(port: number): Promise<void> {
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect').finally(() => socket.destroy());
  });
}

/** Returns the user to run a server as: database servers refuse root, so then their own user. */
export function identityOf(user: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const ask = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: ask('-u'), gid: ask('-g') };
}
