import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { Command, Option } from 'commander';
import { DIALECTS, type DialectName } from '../../store/drivers/dialect.js';
import {
  MIGRATION_TOOLS,
  migrationSource,
  type MigrationFormat,
  type MigrationTarget,
  type MigrationTool,
} from '../../store/table/migration/migration-template.js';
import { requirePath } from '../../store/storage-path.js';
import { tableOption } from '../table-option.js';

interface MigrationFlags {
  readonly for: MigrationTool;
  readonly dialect: DialectName;
  readonly table: string;
  readonly format?: MigrationFormat;
  readonly out?: string;
  readonly galera?: true;
}

/**
 * `migration`: prints a migration that creates the session table, or writes it to a new file. Exits with 0 for success, 1
 * if the file can't be written, 2 if the arguments don't fit together.
 */
export function migrationCommand(): Command {
  return new Command('migration')
    .summary('prints a migration that creates the session table')
    .description(
      'Prints a migration that creates the session table as `synchronize: true` does. The migration can also drop the table. ' +
        'With `--for sql` and `--for prisma` it only creates it.',
    )
    .addOption(
      new Option('--for <tool>', 'the tool that will run it')
        .choices(Object.keys(MIGRATION_TOOLS))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--dialect <database>', 'the database, whichever driver connects to it')
        .choices(Object.keys(DIALECTS))
        .makeOptionMandatory(),
    )
    .addOption(tableOption())
    .addOption(
      new Option(
        '--format <format>',
        'its module format (default: cjs for sequelize-cli, esm for umzug and typeorm), or model: a model for Prisma',
      ).choices(['esm', 'cjs', 'model']),
    )
    .option('--galera', 'also creates the table that a Galera cluster needs')
    .option(
      '--out <path>',
      'a file to write it to, or a folder (without an extension) for a file named by the time',
    )
    .action((flags: MigrationFlags, command: Command) => {
      const formats: readonly MigrationFormat[] = MIGRATION_TOOLS[flags.for];
      const { format = formats[0]!, out } = flags;
      if (!formats.includes(format)) {
        command.error(`error: ${flags.for} can't load ${format}. Leave --format out.`, {
          exitCode: 2,
        });
      }
      const { for: tool, dialect, table, galera = false } = flags;
      if (galera && !['mariadb', 'mysql'].includes(dialect)) {
        command.error('error: --galera needs --dialect mariadb or mysql.', { exitCode: 2 });
      }
      if (galera && format === 'model') {
        command.error('error: --galera needs SQL. Leave --format out.', { exitCode: 2 });
      }
      const target = { tool, format, dialect, tableName: table, isGalera: galera };
      const source = migrationSource(target, Date.now());
      if (out === undefined) {
        process.stdout.write(source);
      } else {
        requirePath('--out', out);
        write(out, target, source, command);
      }
    });
}

/** Returns the file that `--out` means. Creates its folder if it is missing, unless `--out` names the file. */
function resolveFile(path: string, target: MigrationTarget): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found ? !found.isDirectory() : extname(path) !== '') {
    return path;
  }
  const file = join(path, fileName(target));
  for (const folder of [path, dirname(file)]) {
    if (!existsSync(folder)) {
      mkdirSync(folder);
    }
  }
  return file;
}

const EXTENSIONS = { esm: 'mjs', cjs: 'cjs', sql: 'sql', model: 'prisma' } as const;

/** Returns a name like those of the tools for their own migrations, which sorts them by time. */
function fileName({ tool, format, tableName: table }: MigrationTarget): string {
  const now = new Date();
  const time = now.toISOString().slice(0, 19);
  const name = `create-${table}.${EXTENSIONS[format]}`;
  switch (tool) {
    case 'umzug':
      return `${time.replaceAll(/\W/g, '.')}.${name}`;
    case 'typeorm':
      return `${now.getTime()}-${name}`;
    case 'prisma':
      return format === 'model'
        ? `${table}.prisma`
        : join(`${time.replaceAll(/\D/g, '')}_create_${table}`, 'migration.sql');
    default:
      return `${time.replaceAll(/\D/g, '')}-${name}`;
  }
}

function write(out: string, target: MigrationTarget, source: string, command: Command): void {
  let path = out;
  try {
    path = resolveFile(out, target);
    writeFileSync(path, source, { flag: 'wx' });
    process.stderr.write(`Written to ${path}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    command.error(
      code === 'EEXIST'
        ? `error: ${path} exists already, and was not changed. Name another file.`
        : `error: ${out} can't be written (${code}). Name a file in an existing folder that you can write to.`,
      { exitCode: 1 },
    );
  }
}
