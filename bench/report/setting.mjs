import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { QueryTypes } from 'sequelize';
import { connect, DATABASES, withPlaces } from '../places.mjs';
import { redisVersion, withRedis } from '../redis.mjs';

const ROOT_PACKAGES = [
  '@nestjs/core',
  'express',
  'fastify',
  'mariadb',
  'pg',
  'sequelize',
  'sqlite3',
];

const VERSION = {
  SQLite: 'sqlite_version()',
  PostgreSQL: "current_setting('server_version')",
  MariaDB: 'version()',
};

/** Returns the machine and the versions of the measurement, except that of Node: each suite has its own. */
export async function currentSetting() {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  return {
    machine: `${cpus().length} cores of ${cpus()[0].model.trim()}, ${gibibytes} GiB`,
    databases: { ...(await databaseVersions()), Redis: await withRedis(redisVersion) },
    packages: packageVersions(),
  };
}

function databaseVersions() {
  return withPlaces(async (placeIn) => {
    const versions = {};
    for (const database of DATABASES) {
      const sequelize = await connect(placeIn(database));
      const sql = `SELECT ${VERSION[database]} AS version`;
      const [{ version }] = await sequelize.query(sql, { type: QueryTypes.SELECT });
      versions[database] = version;
      await sequelize.close();
    }
    return versions;
  });
}

function packageVersions() {
  const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  const installed = ROOT_PACKAGES.map((name) => [
    name,
    read(`../../node_modules/${name}/package.json`).version,
  ]);
  return { ...Object.fromEntries(installed), ...read('../package.json').dependencies };
}
