import { parentPort, workerData } from 'node:worker_threads';
import type { NodeSqlite, StatementSync } from './node-sqlite.js';
import type { Call, Outcome, WriterSettings } from './writer.js';

// The program of the thread that writes. The build turns it into a string (scripts/worker-source.js), so it imports only
// modules of Node. See docs/adr/0035-embedded-sqlite-without-a-compiler.md.

/** Maximum number of statements that stay prepared, and the maximum length of one. */
const MAX_PREPARED = 100;
const MAX_PREPARED_LENGTH = 2500;

/** Result code of SQLite for a lock that another connection holds. */
const BUSY = 5;

const { path, readOnly, busyTimeout } = workerData as WriterSettings;
const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as NodeSqlite;
const database = new DatabaseSync(path, { timeout: busyTimeout, readOnly });
const prepared = new Map<string, StatementSync>();

/** The handle whose transaction is open. The calls of other handles wait until it ends. */
let owner: number | undefined;
const waiting = new Map<Call, NodeJS.Timeout>();

parentPort!.on('message', (calls: readonly Call[]) => {
  for (const call of calls) {
    take(call);
    takeWaiting();
  }
});

function take(call: Call): void {
  if (
    owner === undefined ||
    owner === call.handle ||
    call.kind === 'open' ||
    call.kind === 'close'
  ) {
    reply(call);
  } else {
    const giveUp = () => {
      waiting.delete(call);
      const message = 'another handle of this process has an open transaction';
      parentPort!.postMessage({ id: call.id, failure: { message, errcode: BUSY } });
    };
    waiting.set(call, setTimeout(giveUp, busyTimeout));
  }
}

/** Takes the calls that wait, in their order, until one of them begins a transaction. */
function takeWaiting(): void {
  for (const [call, timer] of waiting) {
    if (owner === undefined || owner === call.handle) {
      waiting.delete(call);
      clearTimeout(timer);
      reply(call);
    }
  }
}

function reply(call: Call): void {
  const outcome = outcomeOf(call);
  if (owner === undefined || owner === call.handle) {
    owner = call.kind !== 'end' && database.isTransaction ? call.handle : undefined;
  }
  parentPort!.postMessage(outcome);
  if (call.kind === 'end') {
    parentPort!.close();
  }
}

function outcomeOf(call: Call): Outcome {
  const { id } = call;
  try {
    switch (call.kind) {
      case 'open':
        return { id };
      case 'all':
        return {
          id,
          rows: statementOf(call.sql)
            .all(...call.values)
            .map(withoutBigInts),
        };
      case 'run': {
        const { changes, lastInsertRowid } = statementOf(call.sql).run(...call.values);
        return { id, changes: Number(changes), lastID: Number(lastInsertRowid) };
      }
      case 'close':
        if (owner === call.handle) {
          database.exec('ROLLBACK');
        }
        return { id };
      case 'end':
        // SQLite rolls back a transaction that is open.
        database.close();
        return { id };
    }
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { id, failure: { message, errcode } };
  }
}

/** Returns a statement, prepared once. The oldest one makes room. */
function statementOf(sql: string): StatementSync {
  const found = prepared.get(sql);
  const statement = found ?? database.prepare(sql);
  if (!found) {
    // Without this, an integer above 2^53 would be an error, after the statement has run.
    statement.setReadBigInts(true);
  }
  if (sql.length <= MAX_PREPARED_LENGTH) {
    prepared.delete(sql);
    prepared.set(sql, statement);
    if (prepared.size > MAX_PREPARED) {
      prepared.delete(prepared.keys().next().value!);
    }
  }
  return statement;
}

function withoutBigInts(row: Record<string, unknown>): Record<string, unknown> {
  for (const name in row) {
    if (typeof row[name] === 'bigint') {
      row[name] = Number(row[name]);
    }
  }
  return row;
}
