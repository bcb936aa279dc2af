import { spawn } from 'node:child_process';
import { createClient } from 'redis';

/** The port of a Redis that the bench starts: not the usual one, which is in use by none but may be soon. */
const OWN_PORT = 6399;

/**
 * Gives `work` the URL of a Redis: the one of `TEST_REDIS_URL`, the one on the usual port, or else one that runs as long
 * as the work does and keeps nothing on disk.
 */
export async function withRedis(work) {
  const usual = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
  if (await responds(usual)) {
    return work(usual);
  }
  if (process.env.TEST_REDIS_URL !== undefined) {
    throw new Error(
      'The Redis of TEST_REDIS_URL does not respond. Start it, or unset the variable.',
    );
  }
  const options = ['--port', String(OWN_PORT), '--bind', '127.0.0.1', '--save', ''];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const ended = new Promise((resolve) => {
    server.once('error', resolve);
    server.once('exit', resolve);
  });
  const kill = () => server.kill();
  // An interrupted run exits without the block below.
  process.once('exit', kill);
  try {
    const own = `redis://127.0.0.1:${OWN_PORT}`;
    await untilItResponds(own, ended);
    return await work(own);
  } finally {
    process.off('exit', kill);
    kill();
    await ended;
  }
}

/** Opens a client, with the settings of every contender on Redis. */
export async function connectRedis(url) {
  const client = createClient({ url });
  await client.connect();
  return client;
}

/** Deletes the keys that begin with the table name of a place. */
export async function removeKeys({ url, table }) {
  const client = await connectRedis(url);
  for await (const keys of client.scanIterator({ MATCH: `${table}*`, COUNT: 1000 })) {
    if (keys.length > 0) {
      await client.unlink(keys);
    }
  }
  await client.close();
}

/** Returns the version of a Redis. */
export async function redisVersion(url) {
  const client = await connectRedis(url);
  const [, version] = /redis_version:(\S+)/.exec(await client.info('server'));
  await client.close();
  return version;
}

async function responds(url) {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => {
    // connect() rejects too.
  });
  try {
    await client.connect();
    await client.close();
    return true;
  } catch {
    return false;
  }
}

async function untilItResponds(url, ended) {
  let gone = false;
  void ended.then(() => (gone = true));
  while (!(await responds(url))) {
    if (gone) {
      throw new Error(
        'No Redis responds on 127.0.0.1:6379, and redis-server could not be started. Install it, or run ' +
          '`docker compose up -d --wait`.',
      );
    }
    await new Promise((later) => setTimeout(later, 50));
  }
}
