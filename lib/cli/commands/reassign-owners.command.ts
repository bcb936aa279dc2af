import { Command } from 'commander';
import { SessionCodec } from '../../manager/data/session-codec.js';
import { OwnerReassigning } from '../../manager/bulk/reassign-owners.js';
import type { OwnerReassignment } from '../../manager/call.options.js';
import { countSessions } from '../../store/queries/lookups/statistics.js';
import { getExitCode, listenForInterruption } from '../terminal/interruption.js';
import { formatCount, formatNumber, say, sayJson, sayRows, warn } from '../terminal/output.js';
import {
  addLocationOptions,
  getLocation,
  withSessions,
  type LocationFlags,
} from '../database-location.js';
import { readOptionsModule } from '../options-module.js';
import { withProgress } from '../terminal/progress.js';

interface ReassignOwnersFlags extends LocationFlags {
  readonly options: string;
  readonly export: string;
  readonly json?: true;
}

/** Number of sessions that are read at a time. */
const BATCH = 100;

const EXAMPLES = `
Examples:
  $ nestjs-server-sessions reassign-owners --storage ./sessions.sqlite --options dist/session-options.js
  $ nestjs-server-sessions reassign-owners --url postgres://user:password@host/database \\
      --options dist/session-options.js --export sessionOptions

Run it after the last process with the old options has stopped. You can run it again.`;

/** `reassign-owners`: brings the owners of sessions in line with a changed option `userId`. */
export function reassignOwnersCommand(): Command {
  return addLocationOptions(new Command('reassign-owners'))
    .summary('gives each session the owner that its data names')
    .description(
      'Reads the data of each session, and sets the owner that the option `userId` of the application returns for it. ' +
        'If a deploy added or changed this option, listSessions and removeUserSessions then also find older sessions. ' +
        'Ctrl-C ends the command after the current batch.',
    )
    .requiredOption(
      '--options <file>',
      'JavaScript file that exports the options of SessionsModule.forRoot(): userId, schema, encryptionKeys',
    )
    .option('--export <name>', 'name of that export', 'default')
    .option('--json', 'prints one line of JSON: read, reassigned, unreadable, interrupted')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ReassignOwnersFlags, command: Command) => {
      const location = getLocation(flags, command);
      const options = await readOptionsModule(flags.options, flags.export);
      const signal = listenForInterruption();
      const codec = new SessionCodec(options, warn);
      const done = await withSessions(location, async ({ store }) => {
        const reassigning = new OwnerReassigning(store, codec, options.userId);
        const total = await countSessions(store.table);
        return withProgress('Read', total, flags.json ?? false, (reach) =>
          reassigning.run({
            batchSize: BATCH,
            signal,
            onProgress: ({ read }: OwnerReassignment) => reach(read),
          }),
        );
      });
      const interrupted = signal.aborted;
      if (flags.json) {
        sayJson({ ...done, interrupted });
      } else {
        say(`${formatCount(done.reassigned, 'session')} got another owner in ${location.shown}.`);
        sayRows([
          ['read', formatNumber(done.read)],
          ['unreadable, kept as they are', formatNumber(done.unreadable)],
        ]);
        if (interrupted) {
          say('The command was interrupted. Run it again for the rest.');
        }
      }
      process.exitCode = getExitCode(signal, interrupted);
    });
}
