import { Command } from 'commander';
import { resolveManagerOptions } from '../manager/manager.options.js';
import { SessionLifecycle } from '../manager/session-lifecycle.js';
import { SessionManager } from '../manager/session-manager.js';
import type { SequelizeSessionStore } from '../store/sequelize-session.store.js';
import { countExpired } from '../store/session-statistics.js';
import { INTERRUPTED, interruption } from './interruption.js';
import { counted, say, sayJson } from './output.js';
import {
  addPlaceOptions,
  addressIn,
  shownAddress,
  withSessions,
  type PlaceFlags,
} from './place.js';
import { showProgress } from './progress.js';

interface SweepFlags extends PlaceFlags {
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ nestjs-server-sessions sweep --storage ./sessions.sqlite
  $ SESSIONS_DATABASE_URL=mysql://user:password@host/database nestjs-server-sessions sweep

For a crontab, at night:
  17 3 * * *  cd /srv/app && npx nestjs-server-sessions sweep --storage ./sessions.sqlite`;

/** `sweep`: removes expired sessions. */
export function sweepCommand(): Command {
  return addPlaceOptions(new Command('sweep'))
    .summary('removes expired sessions')
    .description(
      'Removes all sessions that have expired by now, 1,000 at a time, beside the running application. Ctrl-C ends it ' +
        'after the running batch.',
    )
    .option('--json', 'one line of JSON: how many were removed, and whether it was interrupted')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: SweepFlags, command: Command) => {
      const address = addressIn(flags, command);
      const signal = interruption();
      const removed = await withSessions(address, flags.table, ({ store }) =>
        sweep(store, signal, flags.json ?? false),
      );
      const interrupted = signal.aborted;
      if (flags.json) {
        sayJson({ removed, interrupted });
      } else {
        const ending = interrupted ? ' It was interrupted; run it again for the rest.' : '';
        say(
          `${counted(removed, 'expired session')} removed from ${shownAddress(address)}.${ending}`,
        );
      }
      process.exitCode = interrupted ? INTERRUPTED : 0;
    });
}

async function sweep(
  store: SequelizeSessionStore,
  signal: AbortSignal,
  quiet: boolean,
): Promise<number> {
  const options = resolveManagerOptions({ cleanup: false });
  const sessions = new SessionManager(new SessionLifecycle(store, options, () => {}));
  const total = await countExpired(store.table, options.clock.now());
  const progress = showProgress('Removed', total, quiet);
  try {
    return await sessions.removeExpiredSessions({
      onProgress: (removed) => progress.reach(removed),
      signal,
    });
  } finally {
    progress.end();
  }
}
