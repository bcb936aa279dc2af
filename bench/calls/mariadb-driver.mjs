import mariadb from 'mariadb';
import { POOL_SIZE } from '../settings.mjs';
import { driverCalls } from './driver-statements.mjs';
import { serveCalls } from './serve-calls.mjs';

/** The driver `mariadb`: statements prepared by the server, on a pool. */
serveCalls(async ({ place, tokens }) => {
  const { hostname, port, username, password, pathname } = new URL(place.url);
  const pool = mariadb.createPool({
    host: hostname,
    port: Number(port || 3306),
    user: username,
    password,
    database: pathname.slice(1),
    connectionLimit: POOL_SIZE,
  });
  return {
    calls: driverCalls(place, tokens, (sql) => (values) => pool.execute(sql, values)),
    close: () => pool.end(),
  };
});
