import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A fence of TypeScript or JavaScript in a page of the documentation. */
export interface Snippet {
  /** The word after the language: the name of its file without the extension, unique among all pages. */
  readonly name: string;
  readonly language: 'ts' | 'js';
  readonly code: string;
  /** The page, relative to the repository. */
  readonly page: string;
  /** How many lines of the page come before the first of the code. */
  readonly line: number;
}

/** The pages of the documentation, relative to the repository. */
export function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => relative(ROOT, join(ROOT, 'docs', path)));
  const top = readdirSync(ROOT).filter((path) => path.endsWith('.md'));
  return [...top, ...docs].toSorted();
}

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

const CODE = /^(?:typescript|javascript|[cm]?[tj]sx?)$/i;

/**
 * The snippets of all pages, in their order.
 *
 * @throws if one has no name or a shared one, or its language is not written as ts or js
 */
export function readSnippets(): Snippet[] {
  const snippets = pages().flatMap((page) => snippetsOf(page, readPage(page)));
  for (const [index, { name, page, line }] of snippets.entries()) {
    if (snippets.findIndex((other) => other.name === name) !== index) {
      throw new Error(`${page}:${line}: another snippet is named "${name}" too.`);
    }
  }
  return snippets;
}

/** The snippets of one page. */
export function snippetsOf(page: string, text: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { fence: string; language: string; name: string; line: number } | undefined;
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const [, fence = '', language = '', name = ''] =
      /^\s*(`{3,}|~{3,})\s*([^\s`]*)\s*(.*?)\s*$/.exec(line) ?? [];
    if (open === undefined && fence !== '') {
      open = { fence, language, name, line: index + 1 };
    } else if (open !== undefined && fence.startsWith(open.fence) && language === '') {
      if (CODE.test(open.language)) {
        snippets.push(checked(page, open, lines.slice(open.line, index).join('\n')));
      }
      open = undefined;
    }
  }
  return snippets;
}

function checked(
  page: string,
  { language, name, line }: { language: string; name: string; line: number },
  code: string,
): Snippet {
  if (language !== 'ts' && language !== 'js') {
    throw new Error(`${page}:${line}: write \`\`\`ts or \`\`\`js instead of "${language}".`);
  }
  if (!/^[\w.-]+$/.test(name)) {
    throw new Error(
      `${page}:${line}: a snippet needs a name after its language, and has "${name}".`,
    );
  }
  return { name, language, code, page, line };
}
