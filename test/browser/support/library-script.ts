import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { rollup } from 'rollup';
import ts from 'typescript';

const ENTRY = resolve('lib/integrations/browser/index.ts');

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
};

/** Bundles the part of the library that runs in a page, straight from its sources. */
export async function libraryScript(): Promise<string> {
  const bundle = await rollup({
    input: ENTRY,
    plugins: [
      {
        name: 'sources',
        resolveId: (name, importer) =>
          importer && resolve(importer, '..', name.replace(/\.js$/, '.ts')),
        load: (path) => ts.transpile(readFileSync(path, 'utf8'), OPTIONS),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'es' });
  return output[0].code;
}
