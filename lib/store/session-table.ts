import type { Sequelize } from 'sequelize';
import { dialectOf, quotedTable, type Dialect, type TableName } from './dialect.js';
import type { SqliteHandles } from './embedded-sqlite.js';
import { Statements } from './statements.js';

/** The session table on its connection: all that SQL about it is written and sent with. */
export class SessionTable {
  readonly sequelize: Sequelize;
  readonly dialect: Dialect;
  /** The table as it stands in SQL. */
  readonly name: string;
  readonly statements: Statements;

  constructor(sequelize: Sequelize, table: TableName, timeout: number, handles?: SqliteHandles) {
    this.sequelize = sequelize;
    this.dialect = dialectOf(sequelize);
    this.name = quotedTable(this.dialect, table);
    this.statements = new Statements(sequelize, this.dialect, timeout, handles);
  }
}
