import { Command, Option } from 'commander';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { importLegacy, type ImportCounts } from '../../tools/import/import-legacy.js';
import type { TranslationRules } from '../../tools/import/translate-session.js';
import { resolveManagerOptions } from '../../manager/manager.options.js';
import { SessionCodec } from '../../manager/data/session-codec.js';
import { ImportedSessions } from '../../tools/import/imported-sessions.js';
import { LegacySessions } from '../../tools/import/legacy-sessions.js';
import { openSessionDatabase, type DatabaseAddress } from '../../tools/open-database.js';
import { isLikeAddress, requirePath } from '../../store/storage-path.js';
import { getExitCode, listenForInterruption } from '../terminal/interruption.js';
import { formatCount, formatNumber, say, sayJson, sayRows } from '../terminal/output.js';
import { withUrlVariable, shownAddress } from '../database-location.js';
import { withProgress } from '../terminal/progress.js';
import { tableOption } from '../table-option.js';
import { parseWholeNumber } from '../whole-number.js';

interface ImportFlags {
  readonly to: string;
  readonly apply?: true;
  readonly table: string;
  readonly userId: string;
  readonly maxDataBytes: number;
  readonly encryptionKeyEnv?: string;
  readonly json?: true;
}

/** The result of an import. */
interface ImportResult {
  readonly total: number;
  readonly counts: ImportCounts;
  /** Whether it was stopped before all sessions were processed. */
  readonly interrupted: boolean;
  /** The table that lists the copied sessions; `undefined` if there is no new table yet. */
  readonly logTable: string | undefined;
}

const EXAMPLES = `
Examples:
  $ nestjs-server-sessions import ./old.sqlite --to ./sessions.sqlite
  $ nestjs-server-sessions import ./old.sqlite --to postgres://user:password@host/database --apply

First stop the application that writes the old file. The old file is only read, unless --to names it too. If an import
ends early, run it again: it copies no session twice, and restores none that was logged out since. Then set
acceptLegacyTokens: true, so that users stay logged in. absoluteTimeout counts from the import.`;

/** `import`: copies the sessions of the package `server-sessions`. */
export function importCommand(): Command {
  return new Command('import')
    .summary('copies the sessions of the package server-sessions')
    .description(
      'Copies the live sessions of the package server-sessions 1.x. Without --apply, it only shows what it would do.',
    )
    .argument('<file>', 'the SQLite file of server-sessions')
    .addOption(
      withUrlVariable(
        new Option('--to <url|path>', 'the new database: its URL, or the path of an SQLite file'),
      ).makeOptionMandatory(),
    )
    .option('--apply', 'copies the sessions, and creates the table if it is missing')
    .addOption(tableOption())
    .option(
      '--user-id <property>',
      'the property of the data that holds the id of the user',
      'userId',
    )
    .addOption(
      new Option('--max-data-bytes <number>', 'the option `maxDataBytes` of the application')
        .default(65_536)
        .argParser(parseWholeNumber),
    )
    .option(
      '--encryption-key-env <name>',
      'environment variable that holds the first of the `encryptionKeys`',
    )
    .option(
      '--json',
      'prints one line of JSON: the total, and how many sessions were copied, known, expired and so on',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: ImportFlags) => {
      requirePath('<file>', file);
      const address = parseAddress(flags.to);
      const to = shownAddress(address);
      const signal = listenForInterruption();
      if (!flags.json) {
        say(`From  ${file}, table Sessions`);
        say(`To    ${to}, table ${flags.table}`);
      }
      const result = await runImport(file, address, flags, signal);
      if (flags.json) {
        const { total, counts, interrupted } = result;
        sayJson({ applied: flags.apply ?? false, interrupted, total, ...counts });
      } else {
        printResult(result, flags);
      }
      process.exitCode = getExitCode(signal, result.interrupted);
    });
}

async function runImport(
  file: string,
  address: DatabaseAddress,
  flags: ImportFlags,
  signal: AbortSignal,
): Promise<ImportResult> {
  const { apply = false, table } = flags;
  const rules = getRules(flags);
  const source = await LegacySessions.open(file);
  try {
    const database = await openSessionDatabase(address, table, apply);
    try {
      const target = database && (await ImportedSessions.open(database.store.table, table));
      if (apply) {
        await target?.prepare();
      }
      const total = await source.count();
      const doing = apply ? 'Processed' : 'Counted';
      return await withProgress(doing, total, flags.json ?? false, async (reach) => {
        let counts: ImportCounts = { copied: 0, known: 0, expired: 0, unreadable: 0, tooLarge: 0 };
        let done = 0;
        for await (counts of importLegacy(source, target, rules, apply)) {
          done = Object.values(counts).reduce((sum, count) => sum + count, 0);
          reach(done);
          if (signal.aborted) {
            break;
          }
        }
        const interrupted = signal.aborted && done < total;
        return { total, counts, interrupted, logTable: target?.logTable };
      });
    } finally {
      await database?.close();
    }
  } finally {
    await source.close();
  }
}

function printResult({ total, counts, interrupted, logTable }: ImportResult, flags: ImportFlags) {
  const { apply = false, maxDataBytes } = flags;
  say(`${formatCount(total, 'session')} in the old table:`);
  sayRows([
    [apply ? 'copied' : 'to be copied', formatNumber(counts.copied)],
    ['already there, or copied before', formatNumber(counts.known)],
    ['expired', formatNumber(counts.expired)],
    ['unreadable', formatNumber(counts.unreadable)],
    [`data over ${formatNumber(maxDataBytes)} bytes`, formatNumber(counts.tooLarge)],
  ]);
  if (counts.tooLarge > 0) {
    say('If the application allows more data, give its `maxDataBytes` with --max-data-bytes.');
  }
  if (interrupted) {
    say('The import was interrupted. Run it again for the rest; copied sessions stay.');
  } else if (!apply) {
    say('This was a dry run: nothing was written. Run it again with --apply to copy the sessions.');
  } else {
    say(
      `The table ${logTable} lists the copied sessions. Drop it when you no longer need the old file.`,
    );
  }
}

function getRules({ userId, maxDataBytes, encryptionKeyEnv }: ImportFlags): TranslationRules {
  const options = resolveManagerOptions({
    maxDataBytes,
    ...(encryptionKeyEnv !== undefined && { encryptionKeys: [getKey(encryptionKeyEnv)] }),
  });
  return {
    codec: new SessionCodec(options, () => {}),
    maxDataBytes,
    userId: (data?: Record<string, unknown> | null) => data?.[userId],
    now: options.clock.now(),
  };
}

/** The name of a variable, and shorter than a key of 32 bytes, which may have been given in its place. */
const VARIABLE = /^[A-Z_][A-Z\d_]{0,31}$/;

function getKey(name: string): string {
  const key = process.env[name];
  if (!key) {
    const variable = VARIABLE.test(name)
      ? `The environment variable ${name}, which --encryption-key-env names,`
      : 'The environment variable that --encryption-key-env names';
    throw new SessionsConfigurationError(
      `${variable} is not set or empty. The option takes the name of a variable, not the key.`,
    );
  }
  return key;
}

/** Returns the address of a server, well-formed or not, or else the path of an SQLite file. */
function parseAddress(to: string): DatabaseAddress {
  return isLikeAddress(to) ? { url: to } : { path: to };
}
