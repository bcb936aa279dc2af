import type { NewSessionRow } from '../../manager/session-row.js';
import type {
  SessionPatch,
  TokenCredential,
  UpdateConditions,
} from '../../manager/session-store.js';
import { withAdvisoryLock } from '../execution/advisory-lock.js';
import { oneInTransaction } from '../execution/open-transaction.js';
import type { SessionTable } from '../execution/session-table.js';
import { isDuplicateKey } from '../execution/store-error.js';
import { insertStatement, updateStatement } from './statements.js';

/**
 * Adds the row of an acting session, then links the agent's session to it if the conditions hold, as
 * `SessionStore.insertActing` describes. The order matters, since in memory there is no transaction: a call that ends the
 * agent's session after the link must find the row.
 */
export async function insertActing(
  table: SessionTable,
  row: NewSessionRow,
  agent: TokenCredential,
  conditions: UpdateConditions,
  patch: SessionPatch,
): Promise<boolean> {
  const insert = insertStatement(table, row, undefined, oneInTransaction(table.dialect));
  const link = updateStatement(table, agent, conditions, patch);
  try {
    return await withAdvisoryLock(table, agent.id, async (connection) => {
      await connection.count(insert.sql, insert.parameters);
      if ((await connection.count(link.sql, link.parameters)) > 0) {
        return true;
      }
      await connection.count(`DELETE FROM ${table.name} WHERE id = $id`, { id: row.id });
      return false;
    });
  } catch (error) {
    if (isDuplicateKey(error)) {
      return false;
    }
    throw error;
  }
}
