import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../docs/snippets.js';
import { eventually } from '../docs/eventually.js';
import { packagesToInstall, snippet } from './readme.js';
import { run } from './run.js';
import { TARBALL } from './tarball.js';

/** Not asking the registry for what the cache has, and running no install script: see `lendSqlite`. */
const QUICKLY = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];

const SQLITE = 'node_modules/sqlite3';

/** An application in a folder of its own, as `nest new` makes one, with this package and README's quick start in it. */
export class Application {
  readonly folder: string;
  readonly #parent: string;

  private constructor(parent: string) {
    this.#parent = parent;
    this.folder = join(parent, 'shop');
  }

  /** @param developing which of the development packages of `nest new` are installed too; also others, with a version. */
  static async create(nest: 11 | 12, developing: readonly string[]): Promise<Application> {
    const app = new Application(mkdtempSync(join(tmpdir(), `nest-${nest}-`)));
    try {
      await app.#generate(nest);
      await app.#install(developing);
      return app;
    } catch (error) {
      app.remove();
      throw error;
    }
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Changes package.json. */
  configure(change: (manifest: Record<string, any>) => void): void {
    const manifest = JSON.parse(readFileSync(join(this.folder, 'package.json'), 'utf8'));
    change(manifest);
    this.write('package.json', JSON.stringify(manifest, undefined, 2));
  }

  /** Runs a program that a package has installed. */
  bin(name: string, ...args: readonly string[]): Promise<string> {
    return run(this.folder, join(this.folder, 'node_modules/.bin', name), args);
  }

  /** Has a compiled file serve while `work` talks to it. */
  async serve(node: string, file: string, work: (url: string) => Promise<void>): Promise<void> {
    const port = await freePort();
    const env = { ...process.env, PORT: String(port) };
    const child = spawn(node, [file], { cwd: this.folder, env });
    const exit = once(child, 'exit');
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    try {
      const url = `http://127.0.0.1:${port}`;
      await eventually(async () => void (child.exitCode ?? (await fetch(url))), 180_000);
      await work(url);
    } catch (error) {
      throw new Error(`${file} failed in ${node}:\n${output}`, { cause: error });
    } finally {
      child.kill();
      await exit;
    }
  }

  remove(): void {
    rmSync(this.#parent, { recursive: true });
  }

  /** `nest new` takes the templates that are installed where it runs. */
  async #generate(nest: number): Promise<void> {
    await run(this.#parent, 'npm', ['install', ...QUICKLY, `@nestjs/schematics@${nest}`]);
    const options = ['--skip-install', '--skip-git', '--package-manager', 'npm'];
    await run(this.#parent, join(ROOT, 'node_modules/.bin/nest'), ['new', 'shop', ...options]);
    for (const file of ['app.controller.ts', 'app.controller.spec.ts', 'app.service.ts']) {
      rmSync(join(this.folder, 'src', file));
    }
    this.write('src/app.module.ts', snippet('app.module'));
  }

  async #install(developing: readonly string[]): Promise<void> {
    this.configure((manifest) => {
      const packages = Object.entries(manifest['devDependencies'] as Record<string, string>);
      manifest['devDependencies'] = Object.fromEntries(
        packages.filter(([name]) => developing.includes(name)),
      );
    });
    const ours = packagesToInstall().map((name) =>
      name === 'nestjs-server-sessions' ? TARBALL : name,
    );
    const more = developing.filter((name) => name.includes('@', 1));
    await run(this.folder, 'npm', ['install', ...QUICKLY, ...ours, ...more]);
    await this.#lendSqlite();
  }

  /** The program that the repository's own installation has compiled, since each would compile it for minutes. */
  async #lendSqlite(): Promise<void> {
    const versionIn = (folder: string) =>
      JSON.parse(readFileSync(join(folder, SQLITE, 'package.json'), 'utf8')).version;
    if (versionIn(this.folder) === versionIn(ROOT)) {
      cpSync(join(ROOT, SQLITE, 'build/Release'), join(this.folder, SQLITE, 'build/Release'), {
        recursive: true,
      });
    } else {
      await run(this.folder, 'npm', ['rebuild', 'sqlite3']);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
