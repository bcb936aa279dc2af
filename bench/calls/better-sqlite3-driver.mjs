import Database from 'better-sqlite3';
import { SQLITE_PRAGMAS } from '../places.mjs';
import { driverCalls } from './driver-statements.mjs';
import { serveCalls } from './serve-calls.mjs';

/** The driver `better-sqlite3`, which blocks the thread during a statement. */
serveCalls(async ({ place, tokens }) => {
  const database = new Database(place.file);
  SQLITE_PRAGMAS.forEach((pragma) => database.pragma(pragma));
  return {
    calls: driverCalls(place, tokens, (sql, name) => {
      const statement = database.prepare(sql);
      return (values) => (name === 'retrieve' ? statement.get(values) : statement.run(values));
    }),
    close: () => database.close(),
  };
});
