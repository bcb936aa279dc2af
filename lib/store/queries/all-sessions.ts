import type { OwnedData, OwnedDataSessions } from '../../manager/session-store.js';
import { andReadableId, limitedColumns, limitedData } from '../table/read-limits.js';
import { toNumber } from '../table/session-columns.js';
import { roundedLimit } from './rounded-limit.js';
import type { SessionTable } from '../execution/session-table.js';

/** The data and owners of all sessions, live or not, in the order of their ids. */
export class AllSessions implements OwnedDataSessions {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  async page(after: string, limit: number): Promise<OwnedData[]> {
    const { name, dialect, executor } = this.#table;
    const columns = limitedColumns(dialect, ['id', 'user_id', 'version']);
    const rows = await executor.select(
      `SELECT ${columns}, ${limitedData(dialect)} AS data FROM ${name} WHERE id > $after AND end_reason = ''` +
        `${andReadableId(dialect, `${name}.id`)} ORDER BY ${name}.id LIMIT ${roundedLimit(limit)}`,
      { after },
    );
    return rows.slice(0, limit).map((columns) => ({
      id: columns['id'] as string,
      userId: columns['user_id'] as string | null,
      data: columns['data'] as string,
      version: toNumber(columns['version']),
    }));
  }

  async setOwner({ id, version }: OwnedData, userId: string | null): Promise<boolean> {
    // A replaced token belongs to the previous owner, so its grace ends. The confirmation of the previous owner ends too.
    const sql =
      `UPDATE ${this.#table.name} SET user_id = $userId, confirmed_at = NULL, previous_valid_until = CASE WHEN ` +
      'previous_valid_until IS NULL THEN NULL ELSE 0 END, version = version + 1 ' +
      "WHERE id = $id AND version = $version AND end_reason = ''";
    return (await this.#table.executor.change(sql, { id, version, userId })) > 0;
  }
}
