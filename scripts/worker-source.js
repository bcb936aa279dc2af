import { readFileSync } from 'node:fs';
import typescript from 'typescript';

const { ModuleKind, ScriptTarget, transpileModule } = typescript;

/** Matches the files that are the program of a worker thread. */
export const WORKER = /\.worker\.ts$/;

/**
 * Returns a module that exports the program of a worker thread as a string. So the package needs no path to a file of its
 * own, which bundlers move. docs/adr/0035-embedded-sqlite-without-a-compiler.md says more.
 */
export function workerModule(path, text = readFileSync(path, 'utf8')) {
  const { outputText } = transpileModule(text, {
    // `new Worker(…, { eval: true })` runs CommonJS.
    compilerOptions: {
      module: ModuleKind.CommonJS,
      target: ScriptTarget.ES2023,
      removeComments: true,
    },
  });
  const escaped = outputText.replaceAll(/[\\`]|\$\{/g, '\\$&');
  return `export default \`${escaped}\`;\n`;
}

/** Jest's interface of a transformer. */
export default { process: (text, path) => ({ code: workerModule(path, text) }) };
