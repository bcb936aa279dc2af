import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { Dialect } from '../drivers/dialect.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';

/** The bits of `wsrep_sync_wait` that let reads, updates, deletions and insertions wait. */
const ALL_STATEMENTS = 7;

/**
 * Returns whether the server is a node of a Galera cluster. Without causal reads, a node can still find a session that
 * another node ended a moment ago. On MariaDB each statement of sessions sets `wsrep_sync_wait` for itself. MySQL has no
 * such statements, so there the connection must have it. docs/adr/0037-causal-reads-on-galera.md explains this.
 *
 * @throws SessionsConfigurationError if reads can't be causal
 */
export async function isGaleraNode(sequelize: Sequelize, { name }: Dialect): Promise<boolean> {
  // Other servers do not have these variables.
  const rows = await sequelize.query<{ Variable_name: string; Value: string }>(
    "SHOW VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_sync_wait')",
    { ...STATEMENT_OPTIONS, type: QueryTypes.SELECT },
  );
  const values = new Map(rows.map((row) => [row.Variable_name, row.Value]));
  const isNode = values.get('wsrep_on') === 'ON';
  const syncWait = Number(values.get('wsrep_sync_wait'));
  if (isNode && name === 'mysql' && (syncWait & ALL_STATEMENTS) !== ALL_STATEMENTS) {
    throw new SessionsConfigurationError(
      `The session database is a node of a Galera cluster, and its wsrep_sync_wait is ${syncWait}. A session that was ` +
        'ended on one node could still be used on another. Set wsrep_sync_wait = 7 in the configuration of every node, ' +
        "or on every connection of the pool (SET SESSION wsrep_sync_wait = 7 in Sequelize's hook afterConnect).",
    );
  }
  return isNode;
}
