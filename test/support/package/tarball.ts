import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../docs/snippets.js';
import { run } from './run.js';

const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
};

/** The package that `npm run test:package` has packed. */
export const TARBALL = join(ROOT, `node_modules/${name}-${version}.tgz`);

/** Unpacks the package where an installation would put it; returns that folder. */
export async function unpackInto(folder: string): Promise<string> {
  const target = join(folder, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  await run(target, 'tar', ['-xzf', TARBALL, '--strip-components=1']);
  return target;
}
