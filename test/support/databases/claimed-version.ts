import { jest } from '@jest/globals';
import type { Sequelize } from 'sequelize';

/** Lets the server of a connection report another version, until `jest.restoreAllMocks()`. */
export function claimVersion(connection: Sequelize, version: string): void {
  const query = connection.query.bind(connection) as (...given: unknown[]) => unknown;
  jest
    .spyOn(connection, 'query')
    .mockImplementation(((sql: string, ...given: unknown[]) =>
      /^SELECT \w*VERSION\(\) AS version$/i.test(sql)
        ? Promise.resolve([{ version }])
        : query(sql, ...given)) as never);
}
