import type { Dialect } from '../drivers/dialect.js';
import type { Connection } from '../drivers/driver.js';

/** The number 1 in a transaction; outside, MariaDB refuses the statement, since the subquery has two rows. */
const ONE_IN_TRANSACTION = 'IF(@@in_transaction, 1, (SELECT 1 UNION SELECT 2))';

/** The code of that refusal. */
export const NO_TRANSACTION = 'ER_SUBQUERY_NO_1_ROW';

/**
 * Returns whether a transaction can end unseen: on a Galera cluster, MariaDB can undo one while it prepares one of its
 * statements, and then loses the error. Each statement would then run on its own, so all that write are made to fail.
 * See docs/adr/0038-turns-on-galera.md.
 */
const canEndUnseen = ({ name, isGalera }: Dialect) => isGalera && name === 'mariadb';

/** Returns SQL of the number 1 for an INSERT or a SELECT that must be part of a transaction. */
export function oneInTransaction(dialect: Dialect): string {
  return canEndUnseen(dialect) ? ONE_IN_TRANSACTION : '1';
}

/** Returns the connection for the statements of a transaction: none of its UPDATEs and DELETEs runs outside. */
export function onlyInTransaction(connection: Connection, dialect: Dialect): Connection {
  return canEndUnseen(dialect) ? connection.requiring(`${ONE_IN_TRANSACTION} = 1`) : connection;
}
