import { readPage, snippetsOf } from '../docs/snippets.js';

/** The packages that README's first command installs. */
export function packagesToInstall(): string[] {
  const [, packages] = /^npm install (.+)$/m.exec(readPage('README.md'))!;
  return packages!.split(' ');
}

/** A snippet of README by its name. */
export function snippet(name: string): string {
  const found = snippetsOf('README.md', readPage('README.md')).find((each) => each.name === name);
  return `${found!.code}\n`;
}

/** The settings of CommonJS jest that README shows. */
export function jestSettings(): object {
  const [, json] = /^```json\n([\s\S]+?)^```$/m.exec(readPage('README.md'))!;
  return (JSON.parse(json!) as { jest: object }).jest;
}
