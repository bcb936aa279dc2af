import type {
  CreatedSessions as Interface,
  Ending,
  OnEnded,
  RemovedSession,
} from '../../../manager/session-store.js';
import { collectEnded } from './collect-ended.js';
import { endAll } from './end-linked.js';
import { idLists } from '../id-list.js';
import { roundedLimit } from '../rounded-limit.js';
import { andReadableId, limitedColumns } from '../../table/read-limits.js';
import type { SessionTable } from '../../execution/session-table.js';

/** All sessions that were created by a time, in the order of their ids. */
export class CreatedSessions implements Interface {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  async page(time: number, after: string, limit: number): Promise<string[]> {
    const { name, dialect, executor } = this.#table;
    const rows = await executor.select(
      `SELECT ${limitedColumns(dialect, ['id'])} FROM ${name} WHERE id > $after AND created_at <= $time` +
        `${andReadableId(dialect, `${name}.id`)} ORDER BY ${name}.id LIMIT ${roundedLimit(limit)}`,
      { after, time },
    );
    return rows.slice(0, limit).map(({ id }) => id as string);
  }

  end(
    ids: readonly string[],
    ending: Ending,
    onEnded?: OnEnded<RemovedSession>,
  ): Promise<RemovedSession[]> {
    return collectEnded(onEnded, async (add) => {
      for (const { sql, parameters, count } of idLists(ids)) {
        await endAll(this.#table, `id IN (${sql})`, parameters, ending, 'all', count, add);
      }
    });
  }
}
