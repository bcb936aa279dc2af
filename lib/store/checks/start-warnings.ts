import type { Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { Dialect, TableName } from '../drivers/dialect.js';
import { checkWithin } from '../execution/deadline.js';
import { warningsOfIndexes } from './missing-indexes.js';
import { warningsOfRights } from './missing-rights.js';

/**
 * Returns warnings of problems that make sessions slow or some calls fail, but do not prevent a start. Neither does a check
 * that does not end in time, for example because of a lock on the table.
 *
 * @throws SessionsConfigurationError if a pooler does not support transactions
 */
export async function startWarnings(
  sequelize: Sequelize,
  dialect: Dialect,
  table: TableName,
  timeout: number,
): Promise<string[]> {
  const warnings: string[] = [];
  const checks = { indexes: warningsOfIndexes, rights: warningsOfRights };
  for (const [what, check] of Object.entries(checks)) {
    try {
      warnings.push(
        ...(await checkWithin(timeout, () => check(sequelize, dialect, table, timeout / 2))),
      );
    } catch (error) {
      if (error instanceof SessionsConfigurationError) {
        throw error;
      }
      const { message } = error as Error;
      warnings.push(`The ${what} of the session table could not be checked. ${message}`);
    }
  }
  return warnings;
}
