import { QueryTypes, type Sequelize } from 'sequelize';
import { quotedTable, shownTable, type Dialect, type TableName } from '../drivers/dialect.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';
import { getCode, isReadOnly } from '../execution/store-error.js';
import { COLUMNS } from '../table/ddl.js';
import { warningsOfReadOnlyServer } from './read-only-server.js';
import { requireTransactions } from './require-transactions.js';

/** Codes of a refusal for a missing right. */
const NO_RIGHT = new Set(['42501', 'ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR']);

const ALL = Object.keys(COLUMNS).join(', ');

const SAME = Object.keys(COLUMNS)
  .filter((column) => column !== 'id')
  .map((column) => `${column} = ${column}`)
  .join(', ');

/** Statements that change no row, each with what happens if the database refuses it. */
const PROBES: readonly [right: string, what: string, sql: (table: string) => string][] = [
  [
    'INSERT',
    'a login gets a 503',
    (t) => `INSERT INTO ${t} (${ALL}) SELECT ${ALL} FROM ${t} WHERE 1 = 0`,
  ],
  ['UPDATE', 'an update or a logout gets a 503', (t) => `UPDATE ${t} SET ${SAME} WHERE 1 = 0`],
  ['DELETE', 'no expired session is deleted', (t) => `DELETE FROM ${t} WHERE 1 = 0`],
];

/**
 * Returns a warning for each kind of write that the database refuses, since the connection only reads or lacks a right.
 * Sessions can be read all the same.
 *
 * @param timeout milliseconds that PostgreSQL waits for a lock on the table
 * @throws SessionsConfigurationError if a pooler in front of the database does not support transactions
 */
export async function warningsOfRights(
  sequelize: Sequelize,
  dialect: Dialect,
  table: TableName,
  timeout: number,
): Promise<string[]> {
  const name = quotedTable(dialect, table);
  // On PostgreSQL, two statements in one string are one transaction.
  const limit =
    dialect.name === 'postgres' ? `SET LOCAL lock_timeout = '${Math.ceil(timeout)}ms'; ` : '';
  const missing: (typeof PROBES)[number][] = [];
  for (const probe of PROBES) {
    try {
      await sequelize.query(`${limit}${probe[2](name)}`, {
        ...STATEMENT_OPTIONS,
        type: QueryTypes.RAW,
      });
    } catch (error) {
      if (isReadOnly(error) || getCode(error) === 'SQLITE_READONLY') {
        return [
          'The session database is read-only at the moment. Sessions can be read, but logins, updates and logouts get a 503. ' +
            'If it is a replica, set `connection` to the primary.',
        ];
      }
      if (!NO_RIGHT.has(getCode(error) ?? '')) {
        throw error;
      }
      missing.push(probe);
    }
  }
  const shown = shownTable(dialect, table);
  const warnings = missing.map(
    ([right, what]) =>
      `The database user of the connection has no right to ${right} on ${shown}, so ${what}. Run as the ` +
      `owner of the table: GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO the user.`,
  );
  warnings.push(...(await warningsOfReadOnlyServer(sequelize, dialect)));
  if (dialect.name === 'postgres') {
    await requireTransactions(sequelize);
    warnings.push(...(await warningsOfRowSecurity(sequelize, name, shown)));
  }
  return warnings;
}

/** Policies can hide rows from the connection, and a row that is hidden is not ended. */
async function warningsOfRowSecurity(
  sequelize: Sequelize,
  name: string,
  shown: string,
): Promise<string[]> {
  const [row] = await sequelize.query<{ active: boolean }>(
    'SELECT row_security_active($table::regclass::oid) AS active',
    { ...STATEMENT_OPTIONS, bind: { table: name }, type: QueryTypes.SELECT },
  );
  return row?.active
    ? [
        `Row-level security applies to the connection on ${shown}. A session that a policy hides is not ` +
          `found, and a logout does not end it. Run as the owner of the table: ALTER TABLE ${name} DISABLE ROW LEVEL ` +
          'SECURITY, or give the user BYPASSRLS.',
      ]
    : [];
}
