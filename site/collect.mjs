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
import { DESCRIPTION, SIDEBAR, TITLE } from './.vitepress/sidebar.mjs';

/** Copies the pages of the repository to where VitePress finds its own packages. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = fileURLToPath(new URL('pages', import.meta.url));
const TOP = [
  'AGENTS.md',
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
mkdirSync(join(PAGES, 'public'), { recursive: true });
copyPage('README.md', 'index.md');
TOP.forEach((page) => copyPage(page));
for (const file of readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })) {
  if (statSync(join(ROOT, 'docs', file)).isFile()) {
    copyPage(join('docs', file));
  }
}
writeFileSync(join(PAGES, 'public/llms.txt'), list());
cpSync(join(ROOT, 'site/api'), join(PAGES, 'api'), { recursive: true });

/** Returns the pages for language models, in the form of llmstxt.org. */
function list() {
  const sections = SIDEBAR.map(({ text, items }) => {
    const links = items.map(({ text: title, link }) => `- [${title}](${link})`);
    return `## ${text}\n\n${links.join('\n')}\n`;
  });
  return `# ${TITLE}\n\n> ${DESCRIPTION}\n\n${sections.join('\n')}`;
}

function copyPage(file, name = file) {
  const target = join(PAGES, name);
  cpSync(join(ROOT, file), target, { recursive: true });
  if (file.endsWith('.md')) {
    writeFileSync(target, readFileSync(target, 'utf8').replaceAll(TO_REPOSITORY, '$1'));
  }
}
