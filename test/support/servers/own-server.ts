import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Sequelize, type Options } from 'sequelize';
import { eventually } from '../promises/eventually.js';
import { familyOf, freePort, identityOf, isRunning, signal } from './processes.js';
import type { ServerKind } from './server-kind.js';

/** A database server for one test, with its own port and folder, so that the test may damage it. */
export class OwnServer {
  readonly kind: ServerKind;
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #frozen: number[] = [];
  /** So that an aborted test run leaves no server behind. */
  readonly #onExit = () => this.#process && signal(familyOf(this.#pid), 'SIGKILL');

  private constructor(kind: ServerKind, port: number, folder: string) {
    this.kind = kind;
    this.port = port;
    this.#folder = folder;
    process.once('exit', this.#onExit);
  }

  /** Sets up an empty server and starts it. */
  static async create(kind: ServerKind): Promise<OwnServer> {
    const folder = mkdtempSync(join(tmpdir(), 'sessions-server-'));
    const identity = identityOf(kind.user);
    if (identity) {
      chownSync(folder, identity.uid, identity.gid);
    }
    const data = join(folder, 'data');
    const [program, ...rest] = kind.install(data);
    const { status, stderr } = spawnSync(program, rest, inFolder(kind, folder));
    if (status !== 0) {
      throw new Error(`${program} ended with ${status}: ${String(stderr)}`);
    }
    const server = new OwnServer(kind, await freePort(), folder);
    await server.start();
    await eventually(() => server.#ask());
    return server;
  }

  /** The address of the server. */
  get url(): string {
    return this.kind.url(this.port);
  }

  /** The same as options of Sequelize. */
  get options(): Options {
    const { protocol, username, hostname, pathname } = new URL(this.url);
    const dialect = protocol.slice(0, -1) as 'postgres' | 'mariadb';
    const database = pathname.slice(1);
    return { dialect, username, database, host: hostname, port: this.port };
  }

  connect(): Sequelize {
    return new Sequelize({ ...this.options, logging: false });
  }

  /** Starts it; resolves as soon as it listens, which may be before it responds. */
  async start(): Promise<void> {
    const program = this.kind.program!;
    const rest = this.kind.argumentsFor(join(this.#folder, 'data'), this.port);
    const started = spawn(program, rest, { ...inFolder(this.kind, this.#folder), stdio: 'ignore' });
    this.#process = started;
    while (!(await this.#listens())) {
      if (started.exitCode !== null) {
        throw new Error(`${program} ended with ${started.exitCode}.`);
      }
      await pause(10);
    }
  }

  /** Freezes all its processes: it takes connections, but does not respond. */
  freeze(): void {
    // First the process that starts the others, so that it can't start more meanwhile.
    signal([this.#pid], 'SIGSTOP');
    this.#frozen = familyOf(this.#pid);
    signal(this.#frozen, 'SIGSTOP');
  }

  thaw(): void {
    signal(this.#frozen.toReversed(), 'SIGCONT');
    this.#frozen = [];
  }

  /** Ends all its processes at once, whatever they are doing. */
  async kill(): Promise<void> {
    const ended = once(this.#process!, 'exit');
    const family = familyOf(this.#pid);
    signal(family, 'SIGKILL');
    await ended;
    this.#process = undefined;
    while (family.some(isRunning)) {
      await pause(5);
    }
  }

  async remove(): Promise<void> {
    if (this.#process) {
      await this.kill();
    }
    process.off('exit', this.#onExit);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #pid(): number {
    return this.#process!.pid!;
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
  }

  async #ask(): Promise<void> {
    const probe = this.connect();
    try {
      await probe.authenticate();
    } finally {
      await probe.close();
    }
  }
}

/** Returns who runs a program of a server, and where. */
function inFolder(kind: ServerKind, folder: string) {
  // A MariaDB that starts deletes the temporary tables of others from a folder that they share.
  return { ...identityOf(kind.user), cwd: folder, env: { ...process.env, TMPDIR: folder } };
}
