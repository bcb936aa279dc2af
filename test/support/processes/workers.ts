import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from '@jest/globals';
import {
  DATABASES,
  describeDatabases,
  embeddedFile,
  type TestDatabase,
  type TestSessions,
} from '../databases/databases.js';

/**
 * Processes of their own, for what one process can't show. Each runs a script of test/stress/workers on the built package
 * (so the stress suite builds first), says when it is ready, and then does a round of work whenever it is told to: all of a
 * crew at the same moment.
 */
export interface Crew<Round, Report> {
  /** Starts a round in all processes at once; `rounds` has what is different for each. */
  work(rounds: readonly Round[]): Promise<Report[]>;
  /** Asks for the end of a round that goes on until it is told. */
  stop(): void;
  /** Waits until all processes have ended; fails where one of them did. */
  dismiss(): Promise<void>;
}

/** Where the sessions of a test are, as another process needs to know it. */
export interface Place {
  readonly tableName: string;
  /** The file of the embedded database, or else how to connect to a server. */
  readonly storagePath?: string;
  readonly server?: object;
}

export function placeOf({
  sequelize,
  tableName,
}: Pick<TestSessions, 'sequelize' | 'tableName'>): Place {
  const { config } = sequelize;
  const { storage } = (sequelize as unknown as { options: { storage?: string } }).options;
  const dialect = sequelize.getDialect();
  return dialect === 'sqlite'
    ? { storagePath: storage!, tableName }
    : { server: { ...config, dialect }, tableName };
}

export interface EmptyPlace {
  readonly place: Place;
  /** Removes what has been kept there since. */
  readonly remove: () => Promise<void>;
}

/** A place where no session ever was. */
export function emptyPlace(database: TestDatabase): EmptyPlace {
  const tableName = `test_${randomBytes(6).toString('hex')}`;
  const storagePath = database.storagePath?.();
  if (storagePath !== undefined) {
    return {
      place: { storagePath, tableName },
      remove: async () => rmSync(dirname(storagePath), { recursive: true }),
    };
  }
  const sequelize = database.connect();
  return {
    place: placeOf({ sequelize, tableName }),
    remove: async () => {
      await sequelize.query(`DROP TABLE IF EXISTS ${tableName}`);
      await sequelize.close();
    },
  };
}

/** One suite on each kind of database that processes can share. */
export function describeShared(suite: (database: TestDatabase) => void): void {
  const names = [embeddedFile.name, 'PostgreSQL', 'MariaDB'];
  describeDatabases(
    suite,
    DATABASES.filter(({ name }) => names.includes(name)),
  );
}

/** Starts one process for each of these orders, with these options of Node's; resolves when all are ready. */
export async function startCrew<Round, Report>(
  script: string,
  orders: readonly object[],
  nodeOptions: readonly string[] = [],
): Promise<Crew<Round, Report>> {
  const members = orders.map((order) => new Member<Report>(script, order, nodeOptions));
  await Promise.all(members.map((member) => member.answer()));
  return {
    work(rounds) {
      members.forEach((member, index) => member.tell(rounds[index]));
      return Promise.all(members.map((member) => member.answer()));
    },
    stop: () => members.forEach((member) => member.tell('stop')),
    async dismiss() {
      await Promise.all(members.map((member) => member.end()));
    },
  };
}

/** As many orders as processes, all the same. */
export const alike = <Order>(count: number, order: Order): Order[] =>
  Array.from({ length: count }, () => order);

/** Processes that have not ended; a test that fails leaves some behind, and Jest would wait for them. */
const running = new Set<ChildProcessWithoutNullStreams>();
afterEach(() => running.forEach((process) => process.kill()));

class Member<Report> {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #exit: Promise<unknown[]>;
  #errors = '';

  constructor(script: string, order: object, nodeOptions: readonly string[]) {
    const file = join(resolve('.'), 'test/stress/workers', script);
    this.#process = spawn(process.execPath, [...nodeOptions, file, JSON.stringify(order)]);
    this.#process.stderr.on('data', (chunk) => (this.#errors += String(chunk)));
    // A process that has died is reported by the answer that it no longer gives.
    this.#process.stdin.on('error', () => {});
    this.#exit = once(this.#process, 'exit');
    running.add(this.#process);
    this.#process.once('exit', () => running.delete(this.#process));
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  tell(what: unknown): void {
    this.#process.stdin.write(`${JSON.stringify(what)}\n`);
  }

  async answer(): Promise<Report> {
    const { done, value } = await this.#answers.next();
    if (done) {
      const [code] = await this.#exit;
      throw new Error(`A process ended with ${String(code)}: ${this.#errors}`);
    }
    return JSON.parse(value) as Report;
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    const [code] = await this.#exit;
    if (code !== 0) {
      throw new Error(`A process ended with ${String(code)}: ${this.#errors}`);
    }
  }
}
