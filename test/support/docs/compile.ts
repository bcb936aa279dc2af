import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { workerModule } from '../../../scripts/worker-source.js';
import { ROOT, type Snippet } from './snippets.js';

/** The snippets as a program, type-checked, and its JavaScript on disk. */
export interface CompiledSnippets {
  /** The errors of the compiler, one per line: page, line and message. */
  readonly complaints: readonly string[];
  /** The JavaScript file of a snippet. Inside the repository, so that packages are found from it. */
  fileOf(snippet: Snippet): string;
  /** Deletes the JavaScript. */
  remove(): void;
}

/**
 * The folder where the compiler sees the snippets, side by side, so that one can import another. Nothing is written there.
 */
const FOLDER = join(ROOT, 'test/docs/snippets');

/** The folder that it wants to write to, which is mapped to a separate folder. */
const OUTPUT = join(ROOT, 'docs-output');

/** Packages are found by name from there. jest takes this library from lib, Node from the copy that is made here. */
const PACKAGE = 'node_modules/nestjs-server-sessions';

/** The program of a worker thread, which the compiler does not see. In the package it is a string. */
const WORKER = 'store/drivers/node-sqlite/writer.worker';

/**
 * Compiles all snippets in one program, with the options of tsconfig.json, together with lib for those that Node runs
 * directly. In JavaScript the types are checked too.
 */
export function compileSnippets(snippets: readonly Snippet[]): CompiledSnippets {
  const sources = new Map(snippets.map((snippet) => [sourceOf(snippet), snippet]));
  const options = compilerOptions();
  const program = ts.createProgram([...sources.keys()], options, hostOf(options, sources));
  const complaints = [...sources.keys()]
    .map((path) => program.getSourceFile(path)!)
    .flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ])
    .map((diagnostic) => complaintOf(diagnostic, sources));
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'node_modules/.cache/docs-'));
  write(join(folder, 'package.json'), '{ "type": "module" }');
  write(join(folder, PACKAGE, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
  program.emit(undefined, (path, text) => {
    const source = join(ROOT, relative(OUTPUT, path));
    const inLib = relative(join(ROOT, 'lib'), source);
    const place = inLib.startsWith('..') ? relative(FOLDER, source) : join(PACKAGE, inLib);
    write(join(folder, place), text);
  });
  write(join(folder, PACKAGE, `${WORKER}.js`), workerModule(join(ROOT, 'lib', `${WORKER}.ts`)));
  return {
    complaints,
    fileOf: ({ name, language }) => join(folder, name + ENDINGS[language].emitted),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

const ENDINGS = {
  ts: { source: '.ts', emitted: '.js' },
  js: { source: '.cjs', emitted: '.cjs' },
} as const;

const sourceOf = ({ name, language }: Snippet) => join(FOLDER, name + ENDINGS[language].source);

function compilerOptions(): ts.CompilerOptions {
  const path = join(ROOT, 'tsconfig.json');
  const { options, errors } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path, (file) => ts.sys.readFile(file)).config,
    ts.sys,
    ROOT,
    {},
    path,
  );
  if (errors.length > 0) {
    throw new Error(errors.map((error) => flat(error.messageText)).join('\n'));
  }
  return {
    ...options,
    declaration: false,
    sourceMap: false,
    allowJs: true,
    checkJs: true,
    rootDir: ROOT,
    outDir: OUTPUT,
  };
}

function hostOf(
  options: ts.CompilerOptions,
  sources: ReadonlyMap<string, Snippet>,
): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  // Blank lines first, so that the compiler's line numbers match the page.
  const textOf = ({ line, code }: Snippet) => `${'\n'.repeat(line)}${code}\n`;
  return {
    ...host,
    fileExists: (path) => sources.has(path) || host.fileExists(path),
    directoryExists: (path) => path === FOLDER || host.directoryExists!(path),
    readFile: (path) => {
      const snippet = sources.get(path);
      return snippet ? textOf(snippet) : host.readFile(path);
    },
    getSourceFile: (path, target, ...rest) => {
      const snippet = sources.get(path);
      return snippet
        ? ts.createSourceFile(path, textOf(snippet), target, true)
        : host.getSourceFile(path, target, ...rest);
    },
  };
}

function complaintOf(
  { file, start = 0, messageText }: ts.Diagnostic,
  sources: ReadonlyMap<string, Snippet>,
): string {
  const snippet = file && sources.get(file.fileName);
  const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
  return `${snippet?.page}:${line} (${snippet?.name}): ${flat(messageText)}`;
}

function flat(message: string | ts.DiagnosticMessageChain): string {
  return ts.flattenDiagnosticMessageText(message, '\n');
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
