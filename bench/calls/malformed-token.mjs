import { Sequelize } from 'sequelize';
import { init } from '../library.mjs';
import { serve } from '../process/serve.mjs';

const CALLS = 20_000;

/** Looks up sessions by a malformed token; responds with the microseconds of a call and the statements of all calls. */
serve(async () => {
  const connection = new Sequelize({ dialect: 'sqlite', storage: ':memory:', logging: false });
  const manager = await init({ connection, cleanup: false });
  let statements = 0;
  const { connectionManager } = connection;
  const lend = connectionManager.getConnection.bind(connectionManager);
  // Every statement first takes a connection.
  connectionManager.getConnection = (options) => {
    statements++;
    return lend(options);
  };
  return {
    answer: async () => {
      statements = 0;
      const start = performance.now();
      for (let n = 0; n < CALLS; n++) {
        await manager.retrieveSession(`no token ${n}`).catch(() => {});
      }
      return { microseconds: ((performance.now() - start) / CALLS) * 1000, statements };
    },
  };
});
