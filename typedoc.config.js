import { OptionDefaults } from 'typedoc';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  entryPoints: ['lib/index.ts'],
  tsconfig: 'tsconfig.build.json',
  out: 'docs/api',
  readme: 'none',
  modifierTags: [...OptionDefaults.modifierTags, '@publicApi'],
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableSources: true,
  validation: {
    notExported: true,
    invalidLink: true,
    notDocumented: true,
    unusedMergeModuleWith: true,
  },
  requiredToBeDocumented: [
    'Class',
    'Interface',
    'TypeAlias',
    'Variable',
    'Function',
    'Property',
    'Method',
    'Accessor',
  ],
  // Members of types without a name; the comment of the type describes them.
  intentionallyNotDocumented: [
    'SessionEvent.__type.type',
    'SessionEvent.__type.id',
    'SessionEvent.__type.userId',
    'SessionEvent.__type.reason',
    'SessionResponse.status.__type.send',
    'SessionResponse.raw.__type.headersSent',
    'SessionResponse.raw.__type.end',
  ],
  treatWarningsAsErrors: true,
};
