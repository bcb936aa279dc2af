import sqlite3 from 'sqlite3';
import { calledBack } from '../called-back.mjs';
import { SQLITE_PRAGMAS } from '../places.mjs';
import { driverCalls } from './driver-statements.mjs';
import { serveCalls } from './serve-calls.mjs';

/** The driver `sqlite3`: prepared statements on one connection. */
serveCalls(async ({ place, tokens }) => {
  const database = new sqlite3.Database(place.file);
  for (const pragma of SQLITE_PRAGMAS) {
    await calledBack((callback) => database.run(`PRAGMA ${pragma}`, callback));
  }
  const prepared = [];
  const calls = driverCalls(place, tokens, (sql, name) => {
    const statement = database.prepare(sql);
    prepared.push(statement);
    // Not `get`, which leaves a cursor open, in the way of later writes.
    const method = name === 'retrieve' ? 'all' : 'run';
    return (values) => calledBack((callback) => statement[method](values, callback));
  });
  return {
    calls,
    close() {
      prepared.forEach((statement) => statement.finalize());
      return calledBack((callback) => database.close(callback));
    },
  };
});
