import { Redis } from 'ioredis';
import { connectRedis } from '../redis.mjs';
import { sampleSession } from '../sample-session.mjs';
import { serveCalls, spreadOver } from './serve-calls.mjs';

/** The clients of Redis, by name: `get`, `set` and how to close them. Both send what waits together, on one connection. */
const CLIENTS = {
  async 'node-redis'(url) {
    const client = await connectRedis(url);
    return { client, close: () => client.close() };
  },
  ioredis(url) {
    const client = new Redis(url);
    return { client, close: () => client.quit() };
  },
};

/** A client of Redis, and sessions as JSON in it. Like a driver, it checks no hash and parses no JSON. */
serveCalls(async ({ place, name, sessions }) => {
  const { client, close } = await CLIENTS[name](place.url);
  const keys = Array.from({ length: sessions }, (_, n) => `${place.table}:${n}`);
  await Promise.all(keys.map((key, n) => client.set(key, JSON.stringify(sampleSession(n)))));
  const key = spreadOver(keys);
  return { calls: { retrieve: (n) => client.get(key(n)) }, close };
});
