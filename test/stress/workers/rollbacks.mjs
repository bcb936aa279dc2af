import { AsyncLocalStorage } from 'node:async_hooks';
import { QueryTypes, Sequelize } from 'sequelize';
import { open, serve } from './worker.mjs';

/** The part of a CLS namespace that Sequelize needs, made with Node's AsyncLocalStorage. */
class Namespace {
  #storage = new AsyncLocalStorage();

  run(work) {
    return this.#storage.run(new Map(this.#storage.getStore()), work);
  }

  bind(work) {
    const store = this.#storage.getStore();
    return (...parameters) => this.#storage.run(store, work, ...parameters);
  }

  get(name) {
    return this.#storage.getStore()?.get(name);
  }

  set(name, value) {
    this.#storage.getStore()?.set(name, value);
  }
}

/**
 * An application that lets Sequelize put every statement into the transaction around it, and rolls back a transaction in
 * which it has used sessions.
 */
await serve(async ({ place, options, ownTable }) => {
  Sequelize.useCLS(new Namespace());
  const sequelize = new Sequelize({
    ...(place.server ?? { dialect: 'sqlite', storage: place.storagePath }),
    logging: false,
  });
  const { manager } = await open(
    { tableName: place.tableName },
    { ...options, connection: sequelize },
  );
  await sequelize.query(`CREATE TABLE ${ownTable} (name VARCHAR(10))`);
  const countOwn = async () =>
    (await sequelize.query(`SELECT name FROM ${ownTable}`, { type: QueryTypes.SELECT })).length;
  return {
    close: () => sequelize.close(),
    async round() {
      const create = () => manager.createSession({ userId: 'ann', visits: 1 });
      const before = {
        removed: await create(),
        replaced: await create(),
        changed: await create(),
        rotated: await create(),
        byId: await create(),
        byUser: await manager.createSession({ userId: 'bob' }),
        expired: await manager.createSession('data', { expireTime: 1 }),
      };
      const tokens = {};
      const ownRows = {};
      const rolledBack = sequelize.transaction(async () => {
        await manager.removeSession(before.removed);
        await manager.updateSession(before.replaced, { userId: 'ann', visits: 2 });
        await manager.updateSession(before.changed, (data) => {
          data.visits++;
        });
        tokens.rotated = await manager.regenerateSession(before.rotated);
        await manager.removeSessionById(before.byId.split('.')[0]);
        await manager.removeUserSessions('bob');
        await manager.removeExpiredSessions();
        tokens.created = await create();
        await sequelize.query(`INSERT INTO ${ownTable} VALUES ('own')`);
        ownRows.inside = await countOwn();
        throw new Error('Take it back.');
      });
      await rolledBack.catch((error) => {
        if (error.message !== 'Take it back.') {
          throw error;
        }
      });
      ownRows.afterwards = await countOwn();
      const left = (token) =>
        manager.retrieveSession(token).then(
          ({ visits }) => visits,
          ({ code }) => code,
        );
      return {
        ownRows,
        removed: await left(before.removed),
        replaced: await left(before.replaced),
        changed: await left(before.changed),
        rotated: await left(tokens.rotated),
        rotatedOut: await left(before.rotated),
        byId: await left(before.byId),
        byUser: await left(before.byUser),
        expired: await left(before.expired),
        created: await left(tokens.created),
      };
    },
  };
});
