import type { Sequelize } from 'sequelize';
import { quotedTable, type Dialect, type TableName } from '../drivers/dialect.js';
import type { SqliteHandles } from '../drivers/sqlite/sqlite-handles.js';
import { turnsTable } from '../table/turns.js';
import { StatementExecutor } from './executor.js';

/** The session table on its connection: all that is needed to write and send SQL for it. */
export class SessionTable {
  readonly sequelize: Sequelize;
  readonly dialect: Dialect;
  /** The table's name, quoted for SQL. */
  readonly name: string;
  /** The name of the table by which logins take turns on a Galera cluster, quoted for SQL. */
  readonly turns: string;
  readonly executor: StatementExecutor;
  /** Why the database can't hold all text; `undefined` if it can. */
  readonly textLimit: string | undefined;

  /** @param dialect the dialect of the server, whichever driver connects to it */
  constructor(
    sequelize: Sequelize,
    dialect: Dialect,
    table: TableName,
    timeout: number,
    handles?: SqliteHandles,
    textLimit?: string,
  ) {
    this.sequelize = sequelize;
    this.dialect = dialect;
    this.name = quotedTable(dialect, table);
    this.turns = quotedTable(dialect, turnsTable(dialect, table));
    this.textLimit = textLimit;
    const holdsAllText = textLimit === undefined;
    this.executor = new StatementExecutor(sequelize, dialect, timeout, handles, holdsAllText);
  }
}
