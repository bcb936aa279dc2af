import { Command } from 'commander';
import { getStatistics, type SessionStatistics } from '../../store/queries/lookups/statistics.js';
import { formatNumber, say, sayJson, sayRows } from '../terminal/output.js';
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
      'Counts live, expired and ended sessions, and the users with live ones. It changes nothing. It uses the stored ' +
        'expiry of each session; `absoluteTimeout`, which only the application knows, may end the session earlier.',
    )
    .option(
      '--json',
      'prints one line of JSON, with dates in ISO 8601 and the size of the data in bytes',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (flags: StatsFlags, command: Command) => {
      const location = getLocation(flags, command);
      const statistics = await withSessions(location, ({ store }) =>
        getStatistics(store.table, Date.now()),
      );
      if (flags.json) {
        sayJson(toJson(statistics));
      } else {
        say(`Sessions in ${location.shown}, table ${location.table}`);
        sayRows(toLines(statistics));
      }
    });
}

function toJson({ oldest, newest, ...counts }: SessionStatistics): object {
  return { ...counts, oldest: formatTime(oldest, null), newest: formatTime(newest, null) };
}

function toLines(statistics: SessionStatistics): [string, string][] {
  const { live, expired, ended, users, oldest, newest, bytes } = statistics;
  return [
    ['live', formatNumber(live)],
    ['expired', formatNumber(expired)],
    ['ended, kept for a time', formatNumber(ended)],
    ['users with a live session', formatNumber(users)],
    ['oldest live session', formatTime(oldest, 'none')],
    ['newest live session', formatTime(newest, 'none')],
    ['data', `${formatNumber(bytes)} bytes`],
  ];
}

/** Formats a time; a damaged row can hold a number that is not a date. */
function formatTime<Otherwise>(time: number | undefined, otherwise: Otherwise): string | Otherwise {
  const date = new Date(time ?? NaN);
  return Number.isNaN(date.getTime()) ? otherwise : date.toISOString();
}
