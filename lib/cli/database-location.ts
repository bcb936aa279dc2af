import { hasCredentials } from '../common/credentials.js';
import { Option, type Command } from 'commander';
import { SessionsConfigurationError } from '../common/session-error.js';
import { shownUrl } from '../tools/database-url.js';
import {
  openSessionDatabase,
  type DatabaseAddress,
  type SessionDatabase,
} from '../tools/open-database.js';
import { requireSqliteFile } from '../tools/sqlite-file.js';
import { requirePath } from '../store/storage-path.js';
import { withoutCredentials } from './failure.js';
import { tableOption } from './table-option.js';

/** The options that say where the sessions are. */
export interface LocationFlags {
  readonly url?: string;
  readonly storage?: string;
  readonly table: string;
}

const URL_VARIABLE = 'SESSIONS_DATABASE_URL';

/** Lets an environment variable give the value of an option. An empty one counts as not set, unlike in Commander. */
export function withUrlVariable(option: Option): Option {
  if (process.env[URL_VARIABLE] === '') {
    delete process.env[URL_VARIABLE];
  }
  return option.env(URL_VARIABLE);
}

/** Adds the options that say where the sessions are. */
export function addLocationOptions(command: Command): Command {
  const url = new Option('--url <url>', 'the database: postgres://, mariadb:// or mysql://');
  return command
    .addOption(withUrlVariable(url).conflicts('storage'))
    .option('--storage <path>', 'or the SQLite file: the option `storagePath` of the application')
    .addOption(tableOption());
}

/** Where the sessions are, and a form of it without credentials. */
export interface DatabaseLocation {
  readonly address: DatabaseAddress;
  readonly table: string;
  readonly shown: string;
}

/** Returns the location that the options give; ends the command with exit code 2 if they give none. */
export function getLocation(flags: LocationFlags, command: Command): DatabaseLocation {
  const address = getAddress(flags, command);
  return { address, table: flags.table, shown: shownAddress(address) };
}

function getAddress({ url, storage }: LocationFlags, command: Command): DatabaseAddress {
  if (url !== undefined) {
    return { url };
  }
  if (storage !== undefined) {
    requirePath('--storage', storage);
    return { path: storage };
  }
  return command.error(
    'error: no database given: use --url <url> for a database server, or --storage <path> for an SQLite file.',
    { exitCode: 2 },
  );
}

/** Returns an address without credentials. */
export function shownAddress(address: DatabaseAddress): string {
  if ('path' in address) {
    return address.path;
  }
  const shown = shownUrl(withoutCredentials(address.url));
  // A URL with a mistake can have them in its host or path.
  return hasCredentials(shown) ? shown.replace(/\/\/.*/s, '//…') : shown;
}

/**
 * Runs work on an existing session table.
 *
 * @throws SessionsConfigurationError if there is none
 */
export async function withSessions<Result>(
  { address, table, shown }: DatabaseLocation,
  work: (database: SessionDatabase) => Promise<Result>,
): Promise<Result> {
  if ('path' in address) {
    requireSqliteFile(address.path);
  }
  const database = await openSessionDatabase(address, table, false);
  if (!database) {
    throw new SessionsConfigurationError(
      `There is no table ${table} in ${shown}. Check the address, and give --table if the ` +
        'application sets `tableName`.',
    );
  }
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
