import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './snippets.js';

/** The exports of lib/index.ts, as the compiler sees them. */
export interface PublicTypes {
  /** The names of all exports, including types. */
  readonly names: readonly string[];
  /** The members of an interface, including inherited ones. */
  membersOf(name: string): string[];
  /** The strings that a member of a type can be, or the type itself. */
  stringsOf(name: string, member?: string): string[];
}

export function publicTypes(): PublicTypes {
  const path = join(ROOT, 'tsconfig.json');
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const index = join(ROOT, 'lib/index.ts');
  const program = ts.createProgram([index], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(index)!)!;
  const exported = new Map(checker.getExportsOfModule(module).map((each) => [each.name, each]));

  const typeOf = (name: string) => {
    const symbol = exported.get(name)!;
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return checker.getDeclaredTypeOfSymbol(isAlias ? checker.getAliasedSymbol(symbol) : symbol);
  };
  const partsOf = (type: ts.Type) => (type.isUnion() ? type.types : [type]);

  return {
    names: [...exported.keys()],
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
