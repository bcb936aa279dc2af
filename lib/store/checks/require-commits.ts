import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { getDialect } from '../drivers/dialect.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';

interface Settings {
  readonly autocommit: unknown;
  readonly completion: unknown;
  readonly selectLimit: unknown;
  readonly emptyIsNull: unknown;
}

/** The smallest default of `sql_select_limit`: the number of rows that a table of an old server can have. */
const MIN_SELECT_LIMIT = 2 ** 32 - 1;

/**
 * Checks on MariaDB and MySQL that the connection commits each write when it is acknowledged, commits a transaction
 * without beginning another, and finds all rows. Otherwise a logout can be acknowledged and not take place, or a limit of
 * sessions not apply. It tests one connection; other connections of the pool may be set up differently.
 *
 * @throws SessionsConfigurationError if a setting of the connection prevents this
 */
export async function requireCommits(sequelize: Sequelize): Promise<void> {
  const { name } = getDialect(sequelize);
  if (name !== 'mariadb' && name !== 'mysql') {
    return;
  }
  const [row] = await sequelize.query<Settings>(
    'SELECT @@autocommit AS autocommit, @@completion_type AS completion, @@sql_select_limit AS selectLimit, ' +
      "'' IS NULL AS emptyIsNull",
    { ...STATEMENT_OPTIONS, type: QueryTypes.SELECT },
  );
  const { autocommit, completion, selectLimit, emptyIsNull } = row!;
  if (Number(autocommit) !== 1) {
    throw unusable(
      'autocommit is off, so logouts and other writes would not be committed',
      'autocommit = 1',
    );
  }
  if (!['NO_CHAIN', '0'].includes(String(completion))) {
    throw unusable(
      'completion_type is not NO_CHAIN, so a commit would begin another transaction or end the connection',
      'completion_type = NO_CHAIN',
    );
  }
  if (Number(selectLimit) < MIN_SELECT_LIMIT) {
    throw unusable(
      'sql_select_limit is below its default, so a logout everywhere would miss sessions',
      'sql_select_limit = DEFAULT',
    );
  }
  if (Number(emptyIsNull) !== 0) {
    throw unusable(
      'sql_mode has EMPTY_STRING_IS_NULL, so changes, lists and the limit of sessions would miss all sessions',
      "sql_mode = REPLACE(@@sql_mode, 'EMPTY_STRING_IS_NULL', '')",
    );
  }
}

function unusable(problem: string, remedy: string): SessionsConfigurationError {
  return new SessionsConfigurationError(
    `Sessions can't use this connection as it is set up: ${problem}. Leave the setting at its default on all connections ` +
      `of the pool (SET SESSION ${remedy}), also in hooks, in init_connect and in the server's configuration. Or give ` +
      'sessions a separate Sequelize instance.',
  );
}
