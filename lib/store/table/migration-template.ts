import { DIALECTS, quotedTable, type DialectName } from '../drivers/dialect.js';
import { tableStatements } from './ddl.js';

/** The tools that run migrations, each with the module formats that it loads, the default first. */
export const MIGRATION_TOOLS = {
  'sequelize-cli': ['cjs'],
  umzug: ['esm', 'cjs'],
} as const;

export type MigrationTool = keyof typeof MIGRATION_TOOLS;

export type ModuleFormat = (typeof MIGRATION_TOOLS)[MigrationTool][number];

/** What a migration is for. */
export interface MigrationTarget {
  readonly tool: MigrationTool;
  readonly format: ModuleFormat;
  /** The server's dialect, whichever driver connects to it. */
  readonly dialect: DialectName;
  readonly tableName: string;
}

/** Returns a migration in JavaScript that creates the session table as `synchronize: true` does, and drops it. */
export function migrationSource({ tool, format, dialect, tableName }: MigrationTarget): string {
  const create = tableStatements(DIALECTS[dialect], tableName);
  const drop = [`DROP TABLE ${quotedTable(DIALECTS[dialect], tableName)}`];
  const header = `// The session table of nestjs-server-sessions on ${dialect}, as \`synchronize: true\` creates it.\n`;
  return tool === 'sequelize-cli'
    ? sequelizeCliSource(header, create, drop)
    : umzugSource(header, format, create, drop);
}

function sequelizeCliSource(header: string, create: string[], drop: string[]): string {
  return `'use strict';

${header}
/** @type {import('sequelize-cli').Migration} */
module.exports = {
  async up(queryInterface) {
${queries('queryInterface.sequelize', create, '    ')}
  },

  async down(queryInterface) {
${queries('queryInterface.sequelize', drop, '    ')}
  },
};
`;
}

function umzugSource(
  header: string,
  format: ModuleFormat,
  create: string[],
  drop: string[],
): string {
  const type = "/** @type {import('umzug').MigrationFn<import('sequelize').QueryInterface>} */";
  const [strict, exported] =
    format === 'esm' ? ['', 'export const '] : ["'use strict';\n\n", 'exports.'];
  return `${strict}${header}
${type}
${exported}up = async ({ context }) => {
${queries('context.sequelize', create, '  ')}
};

${type}
${exported}down = async ({ context }) => {
${queries('context.sequelize', drop, '  ')}
};
`;
}

function queries(sequelize: string, statements: readonly string[], indent: string): string {
  return statements
    .map((statement) => `await ${sequelize}.query(\`${statement.replaceAll('`', '\\`')}\`);`)
    .join('\n')
    .replaceAll(/^/gm, indent);
}
