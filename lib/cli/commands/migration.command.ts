import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Command, Option } from 'commander';
import { DIALECTS, type DialectName } from '../../store/drivers/dialect.js';
import {
  MIGRATION_TOOLS,
  migrationSource,
  type MigrationTarget,
  type MigrationTool,
  type ModuleFormat,
} from '../../store/table/migration-template.js';
import { requirePath } from '../../store/storage-path.js';
import { tableOption } from '../table-option.js';

interface MigrationFlags {
  readonly for: MigrationTool;
  readonly dialect: DialectName;
  readonly table: string;
  readonly format?: ModuleFormat;
  readonly out?: string;
}

/**
 * `migration`: prints a migration that creates the session table, or writes it to a new file. Ends with 0 when that is
 * done, 1 where the file can't be written, 2 where the arguments don't fit together.
 */
export function migrationCommand(): Command {
  return new Command('migration')
    .summary('a migration that creates the session table')
    .description(
      'Prints a migration that creates the session table as `synchronize: true` does, and drops it again.',
    )
    .addOption(
      new Option('--for <tool>', 'what will run it')
        .choices(Object.keys(MIGRATION_TOOLS))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--dialect <database>', 'the server, whichever driver reaches it')
        .choices(Object.keys(DIALECTS))
        .makeOptionMandatory(),
    )
    .addOption(tableOption())
    .addOption(
      new Option(
        '--format <format>',
        'its module format (default: cjs for sequelize-cli, or esm)',
      ).choices(['esm', 'cjs']),
    )
    .option(
      '--out <path>',
      'a file to write it to, or a folder, which has no ending, for one named by the time',
    )
    .action((flags: MigrationFlags, command: Command) => {
      const formats: readonly ModuleFormat[] = MIGRATION_TOOLS[flags.for];
      const { format = formats[0]!, out } = flags;
      if (!formats.includes(format)) {
        command.error(`error: ${flags.for} can't load ${format}: leave --format out.`, {
          exitCode: 2,
        });
      }
      const { for: tool, dialect, table } = flags;
      const target = { tool, format, dialect, tableName: table };
      const source = migrationSource(target);
      if (out === undefined) {
        process.stdout.write(source);
      } else {
        requirePath('--out', out);
        write(out, target, source, command);
      }
    });
}

/** The file that `--out` means; a folder that is not there yet is made. */
function resolveFile(path: string, target: MigrationTarget): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found ? !found.isDirectory() : extname(path) !== '') {
    return path;
  }
  if (!found) {
    mkdirSync(path);
  }
  return join(path, fileName(target));
}

/** As the tools name the migrations that they make themselves, which sorts them by time. */
function fileName({ tool, format, tableName: table }: MigrationTarget): string {
  const time = new Date().toISOString().slice(0, 19);
  const name = `create-${table}.${format === 'esm' ? 'mjs' : 'cjs'}`;
  return tool === 'sequelize-cli'
    ? `${time.replaceAll(/\D/g, '')}-${name}`
    : `${time.replaceAll(/\W/g, '.')}.${name}`;
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
        ? `error: ${path} is there already. It was not changed.`
        : `error: ${out} can't be written (${code}). Name a file in a folder that exists.`,
      { exitCode: 1 },
    );
  }
}
