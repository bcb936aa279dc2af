import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Application } from '../support/package/application.js';
import { shopAt } from '../support/package/quick-start.js';
import { commands, json, snippet } from '../support/package/readme.js';

describe('README.md in an empty folder', () => {
  let app: Application;

  beforeAll(() => {
    app = new Application();
  });
  afterAll(() => app.remove());

  it.each(['empty-folder', 'install', 'install-sqlite3'])(
    'README.md lists the commands that install everything: %s',
    async (name) => {
      await app.run('sh', '-e', '-c', commands(name));
    },
  );

  it('npm runs only the listed install scripts', async () => {
    expect(await app.run('npm', 'install-scripts', 'ls')).toContain('No packages');
  });

  it('the application of README.md compiles and serves', async () => {
    app.write('tsconfig.json', json('tsconfig'));
    app.write('app.module.ts', snippet('app.module'));
    app.write('main.ts', snippet('main'));
    const [compile, serve] = commands('run').trim().split('\n');
    expect(await app.run('sh', '-c', compile!)).toBe('');
    await app.serve(process.execPath, serve!.replace('node ', ''), shopAt);
  });
});
