import { jest } from '@jest/globals';
import type { Sequelize } from 'sequelize';

/** Lets the server of a connection report another version, until `jest.restoreAllMocks()`. */
export function claimVersion(connection: Sequelize, version: string): void {
  claimRows(connection, [[VERSION, [{ version }]]]);
}

/** Lets the server report that it is a node of a Galera cluster of another version, until `jest.restoreAllMocks()`. */
export function claimGalera(connection: Sequelize, version: string, syncWait: number): void {
  const variables = [
    { Variable_name: 'wsrep_on', Value: 'ON' },
    { Variable_name: 'wsrep_sync_wait', Value: String(syncWait) },
  ];
  claimRows(connection, [
    [VERSION, [{ version }]],
    [/^SHOW VARIABLES .*wsrep/, variables],
  ]);
}

const VERSION = /^SELECT \w*VERSION\(\) AS version$/i;

function claimRows(
  connection: Sequelize,
  claims: readonly (readonly [statement: RegExp, rows: readonly object[]])[],
): void {
  const query = connection.query.bind(connection) as (...given: unknown[]) => unknown;
  jest.spyOn(connection, 'query').mockImplementation(((sql: string, ...given: unknown[]) => {
    const claim = claims.find(([statement]) => statement.test(sql));
    return claim ? Promise.resolve(claim[1]) : query(sql, ...given);
  }) as never);
}
