import mariadb from 'mariadb';
import pg from 'pg';
import sqlite3 from 'sqlite3';
import { calledBack } from '../called-back.mjs';
import { SQLITE_PRAGMAS } from '../places.mjs';
import { driverCalls } from './driver-statements.mjs';
import { serveCalls } from './serve-calls.mjs';

/** A connection to each database: how to send a prepared statement on it, and how to close it. */
const CONNECT = {
  async SQLite({ file }) {
    const database = new sqlite3.Database(file);
    const prepared = new Map();
    const send = (sql, values) => {
      prepared.set(sql, prepared.get(sql) ?? database.prepare(sql));
      return calledBack((callback) => prepared.get(sql).run(values, callback));
    };
    for (const pragma of SQLITE_PRAGMAS) {
      await calledBack((callback) => database.run(`PRAGMA ${pragma}`, callback));
    }
    const close = () => {
      prepared.forEach((statement) => statement.finalize());
      return calledBack((callback) => database.close(callback));
    };
    return { send, close };
  },

  async PostgreSQL({ url }) {
    const client = new pg.Client(url);
    await client.connect();
    const texts = [];
    const send = (sql, values) => {
      let count = 0;
      const text = sql.replaceAll('?', () => `$${++count}`);
      const known = texts.indexOf(text);
      const name = `statement ${known < 0 ? texts.push(text) - 1 : known}`;
      return client.query({ name, text, values });
    };
    return { send, close: () => client.end() };
  },

  async MariaDB({ url }) {
    const connection = await mariadb.createConnection(url);
    return {
      send: (sql, values) => connection.execute(sql, values),
      close: () => connection.end(),
    };
  },
};

/** Maximum number of statements in one transaction. */
const LARGEST = 64;

/** Group commit: all waiting statements are sent as one transaction, and resolve after its commit. */
function grouping(send) {
  const waiting = [];
  let isSending = false;
  const sendAll = async () => {
    isSending = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, LARGEST);
      await send('BEGIN', []);
      for (const { sql, values } of group) {
        await send(sql, values);
      }
      await send('COMMIT', []);
      group.forEach(({ resolve }) => resolve());
    }
    isSending = false;
  };
  return (sql, values) =>
    new Promise((resolve, reject) => {
      waiting.push({ sql, values, resolve });
      if (!isSending) {
        sendAll().catch(reject);
      }
    });
}

/** The single statements of the drivers, in groups: the maximum that grouping can gain. */
serveCalls(async ({ place, tokens }) => {
  const { send, close } = await CONNECT[place.database](place);
  const run = grouping(send);
  return { calls: driverCalls(place, tokens, (sql) => (values) => run(sql, values)), close };
});
