import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Copies the pages of the repository to where VitePress finds its own packages. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = fileURLToPath(new URL('pages', import.meta.url));
const TOP = [
  'CHANGELOG.md',
  'CODE_OF_CONDUCT.md',
  'CONTRIBUTING.md',
  'RELEASING.md',
  'SECURITY.md',
];

/** A link to a folder or a file of the repository that is no page of the site. */
const TO_REPOSITORY =
  /\[([^\]]+)\]\((?:\.\.\/)*(?:(?:sample|bench|test|lib|\.github)[^)]*|LICENSE|(?:docs\/)?adr)\)/g;

rmSync(PAGES, { recursive: true, force: true });
mkdirSync(PAGES);
copyPage('README.md', 'index.md');
TOP.forEach((page) => copyPage(page));
for (const file of readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })) {
  if (!file.startsWith('api') && statSync(join(ROOT, 'docs', file)).isFile()) {
    copyPage(join('docs', file));
  }
}
// What typedoc made is there as it is.
cpSync(join(ROOT, 'docs/api'), join(PAGES, 'public/api'), { recursive: true });

function copyPage(file, name = file) {
  const target = join(PAGES, name);
  cpSync(join(ROOT, file), target, { recursive: true });
  if (file.endsWith('.md')) {
    writeFileSync(target, readFileSync(target, 'utf8').replaceAll(TO_REPOSITORY, '$1'));
  }
}
