import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './snippets.js';

/** The exports of an entry point, as the compiler sees them. */
export interface PublicTypes {
  /** The names of all exports, including types. */
  readonly names: readonly string[];
  /** Those that are only types. */
  readonly typeNames: readonly string[];
  /** The members of an interface, including inherited ones. */
  membersOf(name: string): string[];
  /** The strings that a member of a type can be, or the type itself. */
  stringsOf(name: string, member?: string): string[];
}

export const INDEX = 'lib/index.ts';

/** Returns the source of an entry point of package.json, such as `sockets`. */
export const sourceOf = (entryPoint: string) => `lib/integrations/${entryPoint}/index.ts`;

/** The entry points of package.json except the first: `admin`, `browser` and so on. */
export const INTEGRATIONS = Object.keys(packageExports())
  .filter((path) => path !== '.' && path !== './package.json')
  .map((path) => path.slice(2));

function packageExports(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).exports;
}

let program: ts.Program | undefined;

/** One for all entry points, since to compile takes seconds. */
function compile(): ts.Program {
  const path = join(ROOT, 'tsconfig.json');
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const sources = [INDEX, ...INTEGRATIONS.map(sourceOf)];
  return ts.createProgram(
    sources.map((source) => join(ROOT, source)),
    options,
  );
}

export function publicTypes(source = INDEX): PublicTypes {
  program ??= compile();
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, source))!)!;
  const exported = new Map(checker.getExportsOfModule(module).map((each) => [each.name, each]));

  const targetOf = (symbol: ts.Symbol) =>
    (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  const typeOf = (name: string) => checker.getDeclaredTypeOfSymbol(targetOf(exported.get(name)!));
  const partsOf = (type: ts.Type) => (type.isUnion() ? type.types : [type]);

  return {
    names: [...exported.keys()],
    typeNames: [...exported.values()]
      .filter((symbol) => (targetOf(symbol).flags & ts.SymbolFlags.Value) === 0)
      .map(({ name }) => name),
    membersOf: (name) =>
      typeOf(name)
        .getProperties()
        .map((member) => member.name),
    stringsOf: (name, member) =>
      partsOf(typeOf(name))
        .map((part) => {
          const property = member === undefined ? undefined : part.getProperty(member);
          return property ? checker.getTypeOfSymbol(property) : part;
        })
        .flatMap(partsOf)
        .filter((type) => type.isStringLiteral())
        .map(({ value }) => value),
  };
}
