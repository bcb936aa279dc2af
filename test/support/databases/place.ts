import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { nodeSqliteOf } from '../../../lib/store/drivers/node-sqlite/dialect-module.js';
import type { TestDatabase, TestSessions } from './databases.js';

/** The place of a test's sessions, in the form that another process needs. */
export interface Place {
  readonly tableName: string;
  /** The file of the embedded database, or else how to connect to a server. */
  readonly storagePath?: string;
  readonly sqliteDriver?: 'node';
  readonly server?: object;
}

export function placeOf({
  sequelize,
  tableName,
}: Pick<TestSessions, 'sequelize' | 'tableName'>): Place {
  const { config } = sequelize;
  const { storage } = (sequelize as unknown as { options: { storage?: string } }).options;
  const dialect = sequelize.getDialect();
  return dialect === 'sqlite'
    ? { storagePath: storage!, ...(nodeSqliteOf(sequelize) && { sqliteDriver: 'node' }), tableName }
    : { server: { ...config, dialect }, tableName };
}

export interface EmptyPlace {
  readonly place: Place;
  /** Removes what has been stored there since. */
  readonly remove: () => Promise<void>;
}

/** Returns an empty place for sessions. */
export function emptyPlace(database: TestDatabase): EmptyPlace {
  const tableName = `test_${randomBytes(6).toString('hex')}`;
  const storagePath = database.storagePath?.();
  if (storagePath !== undefined) {
    return {
      place: { storagePath, ...database.driver, tableName },
      remove: async () => rmSync(dirname(storagePath), { recursive: true }),
    };
  }
  const sequelize = database.connect();
  return {
    place: placeOf({ sequelize, tableName }),
    remove: async () => {
      await sequelize.query(`DROP TABLE IF EXISTS ${tableName}`);
      await sequelize.close();
    },
  };
}
