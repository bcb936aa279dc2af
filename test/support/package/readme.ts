import { readPage, readSnippets } from '../docs/snippets.js';
import { TARBALL } from './tarball.js';

/** A block of a page that is neither TypeScript nor JavaScript, unchanged. */
function block(page: string, language: string, name: string): string {
  const fence = new RegExp(`^\`\`\`${language} ${name}\\n([^]+?)^\`\`\`$`, 'm');
  return fence.exec(readPage(page))![1]!;
}

/** Returns the shell commands of README, with the packed package instead of the one on npm. */
export function commands(name: string): string {
  return block('README.md', 'sh', name).replaceAll(/(?<= )nestjs-server-sessions(?=\s)/g, TARBALL);
}

/** Returns the packages that README's commands install, for any version of Node. */
export function packagesToInstall(): string[] {
  return ['install', 'install-sqlite3'].flatMap((name) => {
    const [, packages] = /^npm install (.+)$/m.exec(commands(name))!;
    return packages!.split(' ');
  });
}

/** Returns a snippet of the documentation by its name. */
export function snippet(name: string): string {
  const found = readSnippets().find((each) => each.name === name);
  return `${found!.code}\n`;
}

/** Returns a JSON file of README or another page. */
export function json(name: string, page = 'README.md'): string {
  return block(page, 'json', name);
}
