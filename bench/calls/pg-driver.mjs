import pg from 'pg';
import { POOL_SIZE } from '../settings.mjs';
import { driverCalls } from './driver-statements.mjs';
import { serveCalls } from './serve-calls.mjs';

/** The driver `pg`: named and thus prepared statements on a pool. */
serveCalls(async ({ place, tokens }) => {
  const pool = new pg.Pool({ connectionString: place.url, max: POOL_SIZE });
  return {
    calls: driverCalls(place, tokens, (sql, name) => {
      let count = 0;
      const text = sql.replaceAll('?', () => `$${++count}`);
      return (values) => pool.query({ name, text, values });
    }),
    close: () => pool.end(),
  };
});
