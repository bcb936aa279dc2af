import type { SessionState } from '../../../manager/session-row.js';
import type { LiveCondition } from '../../../manager/session-store.js';
import type { SessionTable } from '../../execution/session-table.js';
import type { Columns, Statement } from '../../drivers/driver.js';
import type { Dialect } from '../../drivers/dialect.js';
import { limited } from '../../table/read-limits.js';
import { sessionsById } from '../endings/sessions-by-id.js';
import { endOf } from '../statements.js';

/**
 * Reads the states of many sessions, as narrow as possible: without their data, and if the database can do that, as one
 * string with a line for each session. Drivers take longer to build rows than the database to join strings.
 */
export class SessionStates {
  readonly #table: SessionTable;
  readonly #byId: (ids: readonly string[]) => Statement;
  readonly #columns: string;

  constructor(table: SessionTable) {
    this.#table = table;
    this.#byId = sessionsById(table, true);
    const columns = columnsOf(table.dialect);
    const join = JOINS[table.dialect.name];
    this.#columns = join
      ? `${join(Object.values(columns).join(" || ' ' || "))} AS states`
      : Object.entries(columns)
          .map(([name, sql]) => `${sql} AS ${name}`)
          .join(', ');
  }

  /** Returns the states by id, in one SELECT. A row that lacks a value has none. */
  async find(
    ids: readonly string[],
    { absoluteTimeout, idleTimeout }: Omit<LiveCondition, 'now'>,
  ): Promise<Map<string, SessionState>> {
    const { sql, parameters } = this.#byId(ids);
    const rows = await this.#table.executor.select(`SELECT ${this.#columns} FROM ${sql}`, {
      ...parameters,
      absoluteTimeout,
      idleTimeout,
    });
    const [first] = rows;
    return first && 'states' in first
      ? new Map(((first['states'] ?? '') as string).split('\n').map(toEntry))
      : new Map(rows.map((row) => [row['id'] as string, toState(row)]));
  }
}

/** The SQL of the columns, by names. */
function columnsOf(dialect: Dialect): Record<string, string> {
  const expiry = `${dialect.least}(s.expires_at, s.created_at + $absoluteTimeout)`;
  // A negative time says that the replaced token may write.
  const hasGrace = 'ABS(s.previous_valid_until) > COALESCE(s.rotated_at, 0)';
  const text = (column: string) =>
    dialect.name === 'sqlite'
      ? `CASE typeof(${column}) WHEN 'text' THEN ${limited(dialect, column)} END`
      : column;
  return {
    id: 's.id',
    secret_hash: text('s.secret_hash'),
    graced_hash: `COALESCE(CASE WHEN ${hasGrace} THEN ${text('s.previous_secret_hash')} END, '')`,
    graced_until: `CASE WHEN ${hasGrace} THEN ABS(s.previous_valid_until) ELSE 0 END`,
    expires_at: endOf(dialect, expiry, 's.renewed_at + $idleTimeout'),
    end_reason: text('s.end_reason'),
  };
}

/** Aggregates that join lines. Those of MariaDB and MySQL have a maximum length, and cut what is longer. */
const JOINS: Partial<Record<Dialect['name'], (line: string) => string>> = {
  sqlite: (line) => `group_concat(${line}, char(10))`,
  postgres: (line) => `string_agg(${line}, chr(10))`,
};

/** Returns the state of a line. If a damaged value has a space or a line break, the line opens no session. */
function toEntry(line: string): [string, SessionState] {
  const [id, secret_hash, graced_hash, graced_until, expires_at, end_reason] = line.split(' ');
  return [id!, toState({ secret_hash, graced_hash, graced_until, expires_at, end_reason })];
}

function toState(columns: Columns): SessionState {
  const { secret_hash, graced_hash, graced_until, expires_at, end_reason } = columns;
  return {
    secretHash: secret_hash as string,
    gracedHash: graced_hash as string,
    // A damaged time is none.
    gracedUntil: Number(graced_until) || 0,
    expiresAt: Number(expires_at),
    endReason: end_reason as string,
  };
}
