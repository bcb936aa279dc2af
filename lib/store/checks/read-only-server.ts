import { QueryTypes, type Sequelize } from 'sequelize';
import type { Dialect } from '../drivers/dialect.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';

/**
 * Returns a warning if the server of MariaDB or MySQL is set to read only. A user with enough rights can still write to it,
 * so no refused statement shows it.
 */
export async function warningsOfReadOnlyServer(
  sequelize: Sequelize,
  { name }: Dialect,
): Promise<string[]> {
  if (name !== 'mariadb' && name !== 'mysql') {
    return [];
  }
  const [row] = await sequelize.query<{ readOnly: unknown }>(
    'SELECT @@GLOBAL.read_only AS readOnly',
    { ...STATEMENT_OPTIONS, type: QueryTypes.SELECT },
  );
  return ['0', 'OFF'].includes(String(row!.readOnly))
    ? []
    : [
        'The server of the session database is read-only, but the user of the connection can still write to it. If it is a ' +
          'replica, what is written there is lost. Set `connection` to the primary.',
      ];
}
