import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './snippets.js';

/**
 * Returns the public members of a class or an interface of lib: neither `@internal`, nor private, nor for Node and JSON.
 */
export function publicMembers(file: string, className: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = source.statements
    .filter((statement) => ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement))
    .find(({ name }) => name?.text === className);
  const members = [...(found?.members ?? [])].filter(
    (member) =>
      ts.isMethodDeclaration(member) ||
      ts.isGetAccessorDeclaration(member) ||
      ts.isPropertyDeclaration(member) ||
      ts.isMethodSignature(member) ||
      ts.isPropertySignature(member),
  );
  const names = members
    .filter((member) => !ts.getJSDocTags(member).some(({ tagName }) => tagName.text === 'internal'))
    .map(({ name }) => name)
    .filter((name) => name !== undefined && ts.isIdentifier(name))
    .map(({ text: name }) => name)
    .filter((name) => name !== 'toJSON');
  return [...new Set(names)];
}
