import { DIALECTS, quotedTable, type DialectName } from '../../drivers/dialect.js';
import { createStatements } from './create-statements.js';
import { prismaModel } from './prisma-model.js';
import { turnsTable } from '../turns.js';

/** The tools that run migrations, each with the formats that it loads, the default first. */
export const MIGRATION_TOOLS = {
  'sequelize-cli': ['cjs'],
  umzug: ['esm', 'cjs'],
  typeorm: ['esm', 'cjs'],
  prisma: ['sql', 'model'],
  sql: ['sql'],
} as const;

export type MigrationTool = keyof typeof MIGRATION_TOOLS;

export type MigrationFormat = (typeof MIGRATION_TOOLS)[MigrationTool][number];

/** What a migration is for. */
export interface MigrationTarget {
  readonly tool: MigrationTool;
  readonly format: MigrationFormat;
  /** The server's dialect, whichever driver connects to it. */
  readonly dialect: DialectName;
  readonly tableName: string;
  /** Whether the server is a node of a Galera cluster, which needs one more table. */
  readonly isGalera: boolean;
}

/**
 * Returns a migration that creates the session table as `synchronize: true` does, and can also drop it. As SQL it
 * only creates it.
 *
 * @param time when it is made, in milliseconds; TypeORM reads it from the name of the class
 */
export function migrationSource(
  { tool, format, dialect: name, tableName, isGalera }: MigrationTarget,
  time: number,
): string {
  const dialect = { ...DIALECTS[name], isGalera };
  const create = createStatements(dialect, tableName);
  const tables = isGalera ? [turnsTable(dialect, tableName), tableName] : [tableName];
  const drop = tables.map((table) => `DROP TABLE ${quotedTable(dialect, table)}`);
  const title = `The session table of nestjs-server-sessions on ${name}, as \`synchronize: true\` creates it.\n`;
  const header = `// ${title}`;
  switch (tool) {
    case 'sequelize-cli':
      return sequelizeCliSource(header, create, drop);
    case 'umzug':
      return umzugSource(header, format, create, drop);
    case 'typeorm':
      return typeormSource(header, format, create, drop, `CreateSessionTable${time}`);
    case 'prisma':
      return format === 'model' ? prismaModel(name, tableName) : sqlSource(title, create);
    case 'sql':
      return sqlSource(title, create);
  }
}

function sqlSource(title: string, create: string[]): string {
  return `-- ${title}\n${create.map((statement) => `${statement};\n`).join('\n')}`;
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
  format: MigrationFormat,
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

function typeormSource(
  header: string,
  format: MigrationFormat,
  create: string[],
  drop: string[],
  name: string,
): string {
  const [strict, exported] =
    format === 'esm'
      ? ['', `export class ${name}`]
      : ["'use strict';\n\n", `exports.${name} = class ${name}`];
  const [type, end] = [
    "/** @type {import('typeorm').MigrationInterface['up']} */",
    format === 'esm' ? '}' : '};',
  ];
  return `${strict}${header}
${exported} {
  ${type}
  async up(queryRunner) {
${queries('queryRunner', create, '    ')}
  }

  ${type}
  async down(queryRunner) {
${queries('queryRunner', drop, '    ')}
  }
${end}
`;
}

function queries(runner: string, statements: readonly string[], indent: string): string {
  return statements
    .map((statement) => `await ${runner}.query(\`${statement.replaceAll('`', '\\`')}\`);`)
    .join('\n')
    .replaceAll(/^/gm, indent);
}
