import pg from 'pg';
import { POOL_SIZE } from '../settings.mjs';
import { driverCalls } from './driver-statements.mjs';
import { serveCalls } from './serve-calls.mjs';

/** The driver `pg`: named and thus prepared statements, on a pool or in the pipeline of one connection. */
serveCalls(async ({ place, tokens, pipeline }) => {
  const connection = await open({ connectionString: place.url, pipeline });
  return {
    calls: driverCalls(place, tokens, (sql, name) => {
      let count = 0;
      const text = sql.replaceAll('?', () => `$${++count}`);
      return (values) => connection.query({ name, text, values });
    }),
    close: () => connection.end(),
  };
});

async function open(options) {
  if (!options.pipeline) {
    return new pg.Pool({ ...options, max: POOL_SIZE });
  }
  const client = new pg.Client(options);
  await client.connect();
  return client;
}
