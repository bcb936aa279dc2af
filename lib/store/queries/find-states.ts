import type { SessionState } from '../../manager/session-row.js';
import type { LiveCondition } from '../../manager/session-store.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Columns, Statement } from '../drivers/driver.js';
import { limited } from '../table/read-limits.js';
import { sessionsById } from './sessions-by-id.js';
import { endOf } from './statements.js';

/**
 * Reads the states of many sessions, as narrow as possible: without their data, and on SQLite as one string, since its
 * driver builds rows column by column on the main thread.
 */
export class SessionStates {
  readonly #table: SessionTable;
  readonly #byId: (ids: readonly string[]) => Statement;
  readonly #columns: string;

  constructor(table: SessionTable) {
    this.#table = table;
    this.#byId = sessionsById(table);
    const { dialect } = table;
    const expiry = `${dialect.least}(s.expires_at, s.created_at + $absoluteTimeout)`;
    // A negative time says that the replaced token may write.
    const hasGrace = 'ABS(s.previous_valid_until) > COALESCE(s.rotated_at, 0)';
    const text = (column: string) =>
      dialect.name === 'sqlite'
        ? `CASE typeof(${column}) WHEN 'text' THEN ${limited(dialect, column)} END`
        : column;
    const columns = {
      id: 's.id',
      secret_hash: text('s.secret_hash'),
      graced_hash: `CASE WHEN ${hasGrace} THEN ${text('s.previous_secret_hash')} END`,
      expires_at: endOf(dialect, expiry, 's.renewed_at + $idleTimeout'),
      end_reason: text('s.end_reason'),
    };
    this.#columns =
      dialect.name === 'sqlite'
        ? `json_group_array(json_array(${Object.values(columns).join(', ')})) AS states`
        : Object.entries(columns)
            .map(([name, sql]) => `${sql} AS ${name}`)
            .join(', ');
  }

  /** Returns the states by id, in one SELECT. */
  async find(
    ids: readonly string[],
    { absoluteTimeout, idleTimeout }: Omit<LiveCondition, 'now'>,
  ): Promise<Map<string, SessionState>> {
    const { dialect, executor } = this.#table;
    const { sql, parameters } = this.#byId(ids);
    const rows = await executor.select(`SELECT ${this.#columns} FROM ${sql}`, {
      ...parameters,
      absoluteTimeout,
      idleTimeout,
    });
    return new Map(
      dialect.name === 'sqlite'
        ? (JSON.parse(rows[0]!['states'] as string) as unknown[][]).map(toState)
        : rows.map(({ id, secret_hash, graced_hash, expires_at, end_reason }: Columns) =>
            toState([id, secret_hash, graced_hash, expires_at, end_reason]),
          ),
    );
  }
}

function toState([id, secretHash, gracedHash, expiresAt, endReason]: readonly unknown[]): [
  string,
  SessionState,
] {
  return [
    id as string,
    {
      secretHash: secretHash as string,
      gracedHash: gracedHash as string | null,
      expiresAt: Number(expiresAt),
      endReason: endReason as string,
    },
  ];
}
