import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../docs/snippets.js';
import { Application } from './application.js';
import { packagesToInstall, snippet } from './readme.js';
import { run } from './run.js';

/** Takes what the cache has from there, and runs no install script: see `lendSqlite`. */
const QUICKLY = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];

const SQLITE = 'node_modules/sqlite3';

/**
 * Creates an application with `nest new`, with this package and README's quick start in it.
 *
 * @param developing which of the development packages of `nest new` are installed too; also other packages, with a version
 */
export async function nestNew(nest: 11 | 12, developing: readonly string[]): Promise<Application> {
  const app = new Application();
  try {
    await generate(app, nest);
    await install(app, developing);
    return app;
  } catch (error) {
    app.remove();
    throw error;
  }
}

/** Returns the code as Nest 11 writes it: relative imports have no extension. */
export const withoutEndings = (code: string): string =>
  code.replaceAll(/(from '\..+)\.js'/g, "$1'");

/** `nest new` uses the templates that are installed in the folder where it runs. */
async function generate(app: Application, nest: number): Promise<void> {
  const templates = mkdtempSync(join(tmpdir(), 'templates-'));
  try {
    await run(templates, 'npm', ['install', ...QUICKLY, `@nestjs/schematics@${nest}`]);
    const options = ['--skip-install', '--skip-git', '--package-manager', 'npm'];
    await run(templates, join(ROOT, 'node_modules/.bin/nest'), ['new', 'shop', ...options]);
    cpSync(join(templates, 'shop'), app.folder, { recursive: true });
  } finally {
    rmSync(templates, { recursive: true });
  }
  for (const file of ['app.controller.ts', 'app.controller.spec.ts', 'app.service.ts']) {
    rmSync(join(app.folder, 'src', file));
  }
  app.write('src/app.module.ts', snippet('app.module'));
}

async function install(app: Application, developing: readonly string[]): Promise<void> {
  app.configure('package.json', (manifest) => {
    const packages = Object.entries(manifest['devDependencies'] as Record<string, string>);
    manifest['devDependencies'] = Object.fromEntries(
      packages.filter(([name]) => developing.includes(name)),
    );
  });
  const more = developing.filter((name) => name.includes('@', 1));
  await app.run('npm', 'install', ...QUICKLY, ...packagesToInstall(), ...more);
  await lendSqlite(app);
}

/**
 * Copies the program that the repository's installation has compiled, since compiling takes a minute or two for each
 * application. Only in empty-folder.spec.ts, npm compiles it.
 */
async function lendSqlite(app: Application): Promise<void> {
  const versionIn = (folder: string) =>
    JSON.parse(readFileSync(join(folder, SQLITE, 'package.json'), 'utf8')).version;
  if (versionIn(app.folder) === versionIn(ROOT)) {
    cpSync(join(ROOT, SQLITE, 'build/Release'), join(app.folder, SQLITE, 'build/Release'), {
      recursive: true,
    });
  } else {
    await app.run('npm', 'rebuild', 'sqlite3');
  }
}
