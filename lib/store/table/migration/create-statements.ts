import type { Dialect, TableName } from '../../drivers/dialect.js';
import { tableStatements } from '../ddl.js';
import { turnsStatement } from '../turns.js';

/** Returns the statements that create all tables of sessions and their indexes if they are missing. */
export function createStatements(dialect: Dialect, table: TableName): string[] {
  const turns = dialect.isGalera ? [turnsStatement(dialect, table)] : [];
  return [...tableStatements(dialect, table), ...turns];
}
