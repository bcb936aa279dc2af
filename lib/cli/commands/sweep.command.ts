import { Command, Option } from 'commander';
import { removeOld } from '../../manager/expiry/remove-old.js';
import type { SequelizeSessionStore } from '../../store/sequelize-session-store.js';
import { countOld } from '../../store/queries/lookups/statistics.js';
import { getExitCode, listenForInterruption } from '../terminal/interruption.js';
import { formatCount, formatNumber, say, sayJson } from '../terminal/output.js';
import {
  addLocationOptions,
  getLocation,
  withSessions,
  type LocationFlags,
} from '../database-location.js';
import { withProgress } from '../terminal/progress.js';
import { parseWholeNumber } from '../whole-number.js';

interface SweepFlags extends LocationFlags {
  readonly retention: number;
  readonly json?: true;
}

/** The result of a sweep. */
interface SweepResult {
  /** Expired sessions that were removed. */
  readonly removed: number;
  /** Rows of ended sessions that were removed. */
  readonly ended: number;
  /** Whether it was stopped before all were removed. */
  readonly interrupted: boolean;
}

const HOUR = 60 * 60 * 1000;

/** Number of sessions that are removed at a time. */
const BATCH = 1000;

const EXAMPLES = `
Examples:
  $ nestjs-server-sessions sweep --storage ./sessions.sqlite
  $ SESSIONS_DATABASE_URL=mysql://user:password@host/database nestjs-server-sessions sweep --retention 0

For a crontab, at night:
  17 3 * * *  cd /srv/app && npx nestjs-server-sessions sweep --storage ./sessions.sqlite`;

/** `sweep`: removes expired sessions, and the rows of ended ones. */
export function sweepCommand(): Command {
  return addLocationOptions(new Command('sweep'))
    .summary('removes expired and ended sessions')
    .description(
      'Removes the sessions that expired more than a day ago, and the rows of sessions that were ended more than a day ' +
        'ago, 1,000 at a time, while the application runs. The token of such a session is reported as expired or ended ' +
        'before the removal, and as not found after it. Ctrl-C ends the command after the current batch.',
    )
    .addOption(
      new Option(
        '--retention <hours>',
        'how long expired and ended sessions are kept; with 0, a clock that is ahead also removes live sessions',
      )
        .default(24)
        .argParser(parseWholeNumber),
    )
    .option(
      '--json',
      'prints one line of JSON: how many expired and ended sessions were removed, and whether it was interrupted',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (flags: SweepFlags, command: Command) => {
      const location = getLocation(flags, command);
      const overSince = Math.max(0, Date.now() - flags.retention * HOUR);
      const signal = listenForInterruption();
      const result = await withSessions(location, ({ store }) =>
        sweep(store, overSince, signal, flags.json ?? false),
      );
      const { removed, ended, interrupted } = result;
      if (flags.json) {
        sayJson(result);
      } else {
        const ending = interrupted ? ' The sweep was interrupted. Run it again for the rest.' : '';
        const counts = `${formatNumber(removed)} expired and ${formatCount(ended, 'ended session')}`;
        say(`${counts} removed from ${location.shown}.${ending}`);
      }
      process.exitCode = getExitCode(signal, interrupted);
    });
}

async function sweep(
  store: SequelizeSessionStore,
  overSince: number,
  signal: AbortSignal,
  quiet: boolean,
): Promise<SweepResult> {
  const age = { expired: overSince, ended: overSince };
  const total = await countOld(store.table, overSince);
  return withProgress('Removed', total, quiet, async (reach) => {
    let removed = 0;
    let ended = 0;
    for await (const batch of removeOld(store.old, age, BATCH)) {
      ended += batch.filter(({ hadEnded }) => hadEnded).length;
      removed += batch.filter(({ hadEnded }) => !hadEnded).length;
      reach(removed + ended);
      if (signal.aborted) {
        break;
      }
    }
    const left = signal.aborted ? await store.old.find(age, 1, undefined) : [];
    return { removed, ended, interrupted: left.length > 0 };
  });
}
