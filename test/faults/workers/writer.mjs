import { init } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';

/** Number of calls in flight. */
const AT_ONCE = 8;

/**
 * Creates sessions, changes some and removes some until it is killed. Each line says what was acknowledged, or that a
 * removal comes next, whose outcome is unknown if no response comes.
 */
const { storagePath, url, tableName } = JSON.parse(process.argv[2]);
const where = storagePath
  ? { storagePath }
  : { connection: new Sequelize(url, { logging: false, pool: { max: AT_ONCE } }) };
// By default, a removed session keeps its row.
const manager = await init({ tableName, ...where });

const say = (what, token) => process.stdout.write(`${what} ${token}\n`);

async function visit(number) {
  const token = await manager.createSession({ visits: 0 });
  say('created', token);
  if (number % 4 === 1) {
    await manager.updateSession(token, { visits: 1 });
    say('changed', token);
  }
  if (number % 2 === 0) {
    say('removing', token);
    await manager.removeSession(token);
    say('removed', token);
  }
}

async function visitor() {
  for (let number = 0; ; number++) {
    await visit(number).catch((error) => {
      // The database is unreachable; any other error is a bug of this library.
      if (error.code !== 'ERR_SESSION_STORE') {
        throw error;
      }
    });
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, visitor));
