import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sequelize } from 'sequelize';
import { removeKeys, withRedis } from './redis.mjs';
import { POOL_SIZE } from './settings.mjs';

/** The addresses of the servers. */
const URLS = {
  PostgreSQL: process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test',
  MariaDB: process.env.TEST_MARIADB_URL ?? 'mariadb://root@127.0.0.1:3306/test',
};

export const DATABASES = ['SQLite', 'PostgreSQL', 'MariaDB'];

/** Gives `work` what `withPlaces` gives, with places in a Redis too: keys that begin with the name of the table. */
export const withRedisPlaces = (work) => withRedis((Redis) => withPlaces(work, { Redis }));

/** Gives `work` a function that creates places for sessions; removes their content when it ends or is interrupted. */
export async function withPlaces(work, moreUrls = {}) {
  const urls = { ...URLS, ...moreUrls };
  const folder = mkdtempSync(join(tmpdir(), 'sessions-bench-'));
  const made = [];
  const placeIn = (database) => {
    const table = `bench_${randomBytes(6).toString('hex')}`;
    const url = urls[database];
    const place = { database, table, url, file: url ? undefined : join(folder, `${table}.sqlite`) };
    made.push(place);
    return place;
  };
  const remove = async () => {
    rmSync(folder, { recursive: true });
    await Promise.all(
      made
        .filter(({ url }) => url)
        .map((place) => (place.database === 'Redis' ? removeKeys(place) : dropTable(place))),
    );
  };
  const interrupted = () => void remove().finally(() => process.exit(1));
  INTERRUPTIONS.forEach((signal) => process.once(signal, interrupted));
  try {
    return await work(placeIn);
  } finally {
    INTERRUPTIONS.forEach((signal) => process.off(signal, interrupted));
    await remove();
  }
}

const INTERRUPTIONS = ['SIGINT', 'SIGTERM'];

async function dropTable(place) {
  const sequelize = await connect(place);
  await sequelize.query(`DROP TABLE IF EXISTS ${place.table}`);
  await sequelize.close();
}

/** Opens a connection to the database of a place; SQLite is set up as the library sets up its embedded database. */
export async function connect({ url, file }) {
  if (url) {
    return new Sequelize(url, { logging: false, pool: { max: POOL_SIZE } });
  }
  const sequelize = new Sequelize({ dialect: 'sqlite', storage: file, logging: false });
  for (const pragma of SQLITE_PRAGMAS) {
    await sequelize.query(`PRAGMA ${pragma}`);
  }
  return sequelize;
}

/** The settings of every contender on SQLite, except the original, which runs with its defaults. */
export const SQLITE_PRAGMAS = ['busy_timeout = 1500', 'journal_mode = WAL', 'synchronous = NORMAL'];
