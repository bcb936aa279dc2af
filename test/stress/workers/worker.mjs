import { createInterface } from 'node:readline';
import { init } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';

/**
 * Makes this process one of the workers of a test. `prepare` gets the order from the command line and returns the function
 * that does a round of work. Each line on stdin starts a round, and its report is one line on stdout. Ends when stdin does.
 */
export async function serve(prepare) {
  const { round, close } = await prepare(JSON.parse(process.argv[2]));
  let stopping = new AbortController();
  let rounds = Promise.resolve();
  say('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const told = JSON.parse(line);
    if (told === 'stop') {
      stopping.abort();
      continue;
    }
    rounds = rounds.then(async () => {
      stopping = new AbortController();
      say((await round(told, stopping.signal)) ?? {});
    });
  }
  await rounds;
  await close?.();
}

/** Opens the sessions at a place; `close` frees the connection too. */
export async function open({ storagePath, server, tableName }, options = {}) {
  const connection = server && new Sequelize({ ...server, logging: false });
  const where = connection ? { connection } : { storagePath };
  const manager = await init({ tableName, cleanup: false, ...where, ...options });
  return {
    manager,
    connection,
    close: async () => {
      await manager.close();
      await connection?.close();
    },
  };
}

/** Runs work so many times at once, with a number each. */
export const times = (count, work) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

/** Counts outcomes: how often each action succeeded, and how often it failed with which error. */
export class Tally {
  counts = {};

  count(what, outcome = 'ok') {
    this.counts[what] ??= {};
    this.counts[what][outcome] = (this.counts[what][outcome] ?? 0) + 1;
  }

  /** Waits for a call and counts its outcome; returns its result, or `undefined`. */
  async take(what, call) {
    try {
      const result = await call;
      this.count(what);
      return result;
    } catch (error) {
      this.count(what, nameOf(error));
      return undefined;
    }
  }
}

/** Returns the code of this library's errors, or all that is known about another. */
export function nameOf(error) {
  return error.code === 'ERR_SESSION_STORE' || !error.code?.startsWith?.('ERR_SESSION')
    ? `${error.code ?? error.name}: ${error.message}`
    : error.code;
}

function say(report) {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
