import { readPage, snippetsOf } from '../docs/snippets.js';
import { TARBALL } from './tarball.js';

/** A block of README that is neither TypeScript nor JavaScript, as it stands there. */
function block(language: string, name: string): string {
  const fence = new RegExp(`^\`\`\`${language} ${name}\\n([^]+?)^\`\`\`$`, 'm');
  return fence.exec(readPage('README.md'))![1]!;
}

/** What README has one type in a shell, with the packed package in the place of the one on npm. */
export function commands(name: string): string {
  return block('sh', name).replaceAll(/(?<= )nestjs-server-sessions(?=\s)/g, TARBALL);
}

/** What README's command installs. */
export function packagesToInstall(): string[] {
  const [, packages] = /^npm install (.+)$/m.exec(commands('install'))!;
  return packages!.split(' ');
}

/** A snippet of README by its name. */
export function snippet(name: string): string {
  const found = snippetsOf('README.md', readPage('README.md')).find((each) => each.name === name);
  return `${found!.code}\n`;
}

/** A file of README in JSON. */
export function json(name: string): string {
  return block('json', name);
}
