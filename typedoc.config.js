import { OptionDefaults } from 'typedoc';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  entryPoints: [
    'lib/index.ts',
    'lib/integrations/express-session/index.ts',
    'lib/integrations/opentelemetry/index.ts',
    'lib/integrations/terminus/index.ts',
  ],
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
    'index.SessionEvent.__type.type',
    'index.SessionEvent.__type.id',
    'index.SessionEvent.__type.userId',
    'index.SessionEvent.__type.reason',
    'index.SessionEvent.__type.code',
    'index.SessionDiagnostics.nestjs-server-sessions:lookup.__type.milliseconds',
    'index.SessionDiagnostics.nestjs-server-sessions:lookup.__type.error',
    'index.SessionDiagnostics.nestjs-server-sessions:batch.__type.size',
    'index.SessionDiagnostics.nestjs-server-sessions:request.__type.id',
    'index.SessionResponse.status.__type.send',
    'index.SessionResponse.raw.__type.headersSent',
    'index.SessionResponse.raw.__type.end',
  ],
  treatWarningsAsErrors: true,
};
