import { Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../common/session-error.js';
import { toStoreError } from '../store/execution/store-error.js';

/** How messages show what a URL looks like. */
export const URL_EXAMPLE = 'postgres://user:password@host:5432/database';

/** Milliseconds to wait for a connection. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The dialect of each protocol, and the package that Sequelize needs to connect to its servers. */
const SERVERS: Readonly<Record<string, Server>> = {
  'postgres:': { dialect: 'postgres', driver: 'pg', timeout: 'connectionTimeoutMillis' },
  'postgresql:': { dialect: 'postgres', driver: 'pg', timeout: 'connectionTimeoutMillis' },
  'mariadb:': { dialect: 'mariadb', driver: 'mariadb', timeout: 'connectTimeout' },
  'mysql:': { dialect: 'mysql', driver: 'mysql2', timeout: 'connectTimeout' },
};

interface Server {
  readonly dialect: 'postgres' | 'mariadb' | 'mysql';
  readonly driver: string;
  /** The driver's name for the timeout of connecting. */
  readonly timeout: string;
}

/**
 * Returns a tested connection to the server of a URL.
 *
 * @throws SessionsConfigurationError if the URL can't be used or its driver is missing, SessionStoreError if connecting
 * fails
 */
export async function connectToUrl(url: string): Promise<Sequelize> {
  const server = SERVERS[parseUrl(url).protocol];
  if (!server) {
    throw unusableUrl();
  }
  const sequelize = withDriver(server.driver, () => {
    const dialectOptions = { [server.timeout]: CONNECT_TIMEOUT_MS };
    return new Sequelize(url, { dialect: server.dialect, logging: false, dialectOptions });
  });
  try {
    await sequelize.authenticate({ retry: { max: 1 } });
    return sequelize;
  } catch (error) {
    await sequelize.close();
    throw toStoreError(error, 'unsent');
  }
}

/** Returns a URL without user, password and parameters. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = parseUrl(url);
  return `${protocol}//${host}${pathname}`;
}

/**
 * Runs a function that makes Sequelize load a driver.
 *
 * @throws SessionsConfigurationError if the driver is not installed
 */
export function withDriver<Result>(driver: string, connect: () => Result): Result {
  try {
    return connect();
  } catch (error) {
    if (error instanceof Error && error.message === `Please install ${driver} package manually`) {
      throw new SessionsConfigurationError(
        `The package ${driver}, the driver of this database, is not installed. Run: npm install ${driver}`,
      );
    }
    throw error;
  }
}

/**
 * Also rejects a URL that parses as only a path, such as `postgres:/user:password@host/database`, and one with a `%` that
 * begins no percent-encoding.
 */
function parseUrl(url: string): URL {
  if (!/^[a-z]+:\/\//i.test(url) || !URL.canParse(url) || !isDecodable(url)) {
    throw unusableUrl();
  }
  return new URL(url);
}

/** Parameters may have such a `%`. */
function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url.replace(/\?.*/s, ''));
    return true;
  } catch {
    return false;
  }
}

/** Returns an error that does not show the URL: the mistake may be in its password. */
function unusableUrl(): SessionsConfigurationError {
  return new SessionsConfigurationError(
    `The URL of the database can't be used. Write it as ${URL_EXAMPLE}, or with ` +
      'mariadb:// or mysql://; characters such as @ / : # % in the user, password or ' +
      'database must be percent-encoded: % as %25, @ as %40.',
  );
}
