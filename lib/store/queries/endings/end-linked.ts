import { SessionConflictError, SessionStoreError } from '../../../common/session-error.js';
import type { Ending, OnEnded, RemovedSession } from '../../../manager/session-store.js';
import type { Columns, Parameters } from '../../drivers/driver.js';
import type { SessionTable } from '../../execution/session-table.js';
import { andReadableId, limitedColumns } from '../../table/read-limits.js';
import { REMOVED, toRemovedSession } from './delete-returning.js';
import { endingParameters, endingSql, endReturning, UNLINKED } from './end-sessions.js';

/** Maximum number of tries to end a session whose agent enters and returns meanwhile. */
const MAX_TRIES = 64;

/** Sends statements: on one connection, or each on any. */
export interface Statements {
  rows(sql: string, parameters: Parameters): Promise<Columns[]>;
  count(sql: string, parameters: Parameters): Promise<number>;
}

/** Sends each statement on any connection. */
export const onAnyConnection = ({ executor }: SessionTable): Statements => ({
  rows: (sql, parameters) => executor.select(sql, parameters),
  count: (sql, parameters) => executor.change(sql, parameters),
});

/** Sessions to end, by a condition. */
export interface Endings {
  readonly condition: string;
  readonly parameters: Parameters;
  readonly ending: Ending;
  /** Ends those that are not linked to an acting session, as `endingSql` does. */
  readonly endUnlinked: () => Promise<readonly RemovedSession[]>;
}

/**
 * Ends the sessions that match a condition, linked to an acting session or not. Of a pair, the acting session is ended
 * first, then the agent's, if it is still linked to the same one. So an acting session never outlives its agent's, even
 * without a transaction (docs/adr/0041-acting-is-a-session-linked-to-the-agents.md).
 *
 * @param expected how many sessions there are at most. If `endUnlinked` ends as many, no other statement is sent
 * @param onEnded gets the sessions of each statement, unless a transaction may undo it
 * @throws SessionConflictError if the sessions were linked anew each time; SessionStoreError if the database changes no row
 */
export async function endWithActing(
  on: Statements,
  table: SessionTable,
  endings: Endings,
  expected: number,
  onEnded: OnEnded<RemovedSession> = () => {},
): Promise<RemovedSession[]> {
  const ended: RemovedSession[] = [];
  const add = (sessions: readonly RemovedSession[]) => {
    ended.push(...sessions);
    onEnded(sessions);
  };
  add(await endings.endUnlinked());
  if (ended.length >= expected) {
    return ended;
  }
  const { condition, parameters, endUnlinked } = endings;
  const linked = `CASE WHEN ${UNLINKED} THEN NULL ELSE 1 END AS linked`;
  const isLink = `actor_session_id IS NOT NULL${andReadableId(table.dialect, 'actor_session_id')}`;
  const link = `CASE WHEN ${isLink} THEN actor_session_id END AS link`;
  const columns = `${limitedColumns(table.dialect, REMOVED)}, ${linked}, ${link}`;
  const sql = `SELECT ${columns} FROM ${table.name} WHERE ${condition} AND end_reason = ''`;
  let hasLinked = false;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const left = await on.rows(sql, parameters);
    if (left.length === 0) {
      return ended;
    }
    hasLinked ||= left.some(isLinked);
    for (const agent of left.filter(isLinked)) {
      await endPair(on, table, endings, agent, add);
    }
    if (!left.every(isLinked)) {
      add(await endUnlinked());
    }
  }
  if (!hasLinked) {
    throw new SessionStoreError(
      'The database returned a live session each time, but changed no row to end it. So the session was not ended. ' +
        'Row-level security can be the cause: it may let the connection read a row, and not change it.',
      { reason: 'rejected', isTransient: false },
    );
  }
  throw new SessionConflictError(
    "An agent kept entering and leaving other sessions, so the agent's own session was not ended. Try again.",
  );
}

/**
 * Ends the sessions that match a condition, linked to an acting session or not. Each statement goes to any connection.
 *
 * @param expected how many sessions there are at most
 * @throws SessionConflictError, SessionStoreError as `endWithActing`
 */
export function endAll(
  table: SessionTable,
  condition: string,
  parameters: Parameters,
  ending: Ending,
  lane: string,
  expected: number,
  onEnded: OnEnded<RemovedSession>,
): Promise<RemovedSession[]> {
  const endUnlinked = () => endReturning(table, condition, parameters, ending, lane);
  const endings = { condition, parameters, ending, endUnlinked };
  return endWithActing(onAnyConnection(table), table, endings, expected, onEnded);
}

const isLinked = (columns: Columns) => columns['linked'] !== null;

/**
 * Ends the acting session that the agent's session names, then the agent's. A damaged link names none. It is not compared
 * when the agent's session is ended: no statement changes it, and its value may not be the same when it is sent back.
 */
async function endPair(
  on: Statements,
  table: SessionTable,
  { condition, parameters, ending }: Endings,
  agent: Columns,
  add: OnEnded<RemovedSession>,
): Promise<void> {
  const link = agent['link'] as string | null;
  if (link !== null) {
    add(await endActing(on, table, ending, link));
  }
  const agentCondition = `${condition} AND id = $agentSession`;
  const sameLink = link !== null ? 'actor_session_id = $link' : `NOT ${UNLINKED}`;
  const sql = endingSql(table, ending, agentCondition, sameLink);
  const all = {
    ...parameters,
    ...endingParameters(ending),
    agentSession: agent['id'] as string,
    ...(link !== null && { link }),
  };
  if ((await on.count(sql, all)) > 0) {
    add([toRemovedSession(agent)]);
  }
}

async function endActing(
  on: Statements,
  table: SessionTable,
  ending: Ending,
  link: string,
): Promise<RemovedSession[]> {
  const columns = limitedColumns(table.dialect, REMOVED);
  const [acting] = await on.rows(
    `SELECT ${columns} FROM ${table.name} WHERE id = $link AND end_reason = ''`,
    { link },
  );
  const sql = endingSql(table, ending, 'id = $link');
  const isEnded = acting && (await on.count(sql, { link, ...endingParameters(ending) })) > 0;
  return isEnded ? [toRemovedSession(acting)] : [];
}
