import type { Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { getCode } from '../execution/store-error.js';

/**
 * PgBouncer in statement mode refuses a transaction that is open after a statement.
 *
 * @throws SessionsConfigurationError if transactions are refused
 */
export async function requireTransactions(sequelize: Sequelize): Promise<void> {
  try {
    const transaction = await sequelize.transaction({ logging: false });
    await transaction.rollback();
  } catch (error) {
    if (getCode(error) === '08P01') {
      throw new SessionsConfigurationError(
        'The connection to the session database does not support transactions, which logins need. If it goes through ' +
          'PgBouncer, set pool_mode to transaction or session.',
      );
    }
    throw error;
  }
}
