import { fileURLToPath } from 'node:url';
import { Sequelize } from 'sequelize';
import { SequelizeStorage, Umzug } from 'umzug';

/** Returns the URL of the application's database, which also holds the sessions. */
export function databaseUrl(): string {
  const url = process.env['DATABASE_URL'];
  if (!url) {
    throw new Error('DATABASE_URL is not set. Set it to postgres://… or mariadb://….');
  }
  return url;
}

/** Runs the migrations that are still pending: those for every database, and those for this kind of database. */
export async function migrate(): Promise<void> {
  const sequelize = new Sequelize(databaseUrl(), { logging: false });
  try {
    const cwd = fileURLToPath(new URL('../migrations', import.meta.url));
    await new Umzug({
      migrations: { glob: [`{*,${sequelize.getDialect()}/*}.mjs`, { cwd }] },
      context: sequelize.getQueryInterface(),
      storage: new SequelizeStorage({ sequelize }),
      logger: undefined,
    }).up();
  } finally {
    await sequelize.close();
  }
}
