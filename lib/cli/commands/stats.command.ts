import { Command } from 'commander';
import { statisticsOf, type SessionStatistics } from '../../store/queries/statistics.js';
import { say, sayJson, sayRows, shownNumber } from '../terminal/output.js';
import {
  addLocationOptions,
  getLocation,
  withSessions,
  type LocationFlags,
} from '../database-location.js';

interface StatsFlags extends LocationFlags {
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ nestjs-server-sessions stats --storage ./sessions.sqlite
  $ nestjs-server-sessions stats --url postgres://user:password@host:5432/database --json`;

/** `stats`: counts the sessions. */
export function statsCommand(): Command {
  return addLocationOptions(new Command('stats'))
    .summary('counts the sessions')
    .description(
      'Counts live and expired sessions and the users that have live ones. It changes nothing. A session is counted by ' +
        'its own expiry; `absoluteTimeout`, which only the application knows, may end it earlier.',
    )
    .option('--json', 'one line of JSON; dates in ISO 8601, the size of the data in bytes')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: StatsFlags, command: Command) => {
      const location = getLocation(flags, command);
      const statistics = await withSessions(location, ({ store }) =>
        statisticsOf(store.table, Date.now()),
      );
      if (flags.json) {
        sayJson(jsonOf(statistics));
      } else {
        say(`Sessions in ${location.shown}, table ${location.table}`);
        sayRows(rowsOf(statistics));
      }
    });
}

function jsonOf({ oldest, newest, ...counts }: SessionStatistics): object {
  return { ...counts, oldest: shownTime(oldest, null), newest: shownTime(newest, null) };
}

function rowsOf(statistics: SessionStatistics): [string, string][] {
  const { live, expired, users, oldest, newest, bytes } = statistics;
  return [
    ['live', shownNumber(live)],
    ['expired', shownNumber(expired)],
    ['users with a live session', shownNumber(users)],
    ['oldest live session', shownTime(oldest, 'none')],
    ['newest live session', shownTime(newest, 'none')],
    ['data', `${shownNumber(bytes)} bytes`],
  ];
}

/** A damaged row can hold a number that is no date. */
function shownTime<Otherwise>(time: number | undefined, otherwise: Otherwise): string | Otherwise {
  const date = new Date(time ?? NaN);
  return Number.isNaN(date.getTime()) ? otherwise : date.toISOString();
}
