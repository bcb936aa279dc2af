import { afterEach, describe, expect, it } from '@jest/globals';
import { init, SessionNotFoundError, SessionsConfigurationError } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { hasPgBouncer, startPgBouncer, type PgBouncer } from '../support/servers/pgbouncer.js';
import { POSTGRES } from '../support/servers/postgres-kind.js';

const missing = hasPgBouncer ? '' : ' (skipped: it is not installed)';

(hasPgBouncer ? describe : describe.skip)(`behind PgBouncer${missing}`, () => {
  describeOwnServers(
    (server) => {
      let pooler: PgBouncer;
      let connection: Sequelize;

      const connect = async (mode: string) => {
        pooler = await startPgBouncer(server().port, mode);
        const { port } = pooler;
        connection = new Sequelize({ ...server().options, port, logging: false });
      };
      afterEach(async () => {
        await connection.close();
        await pooler.close();
      });

      it.each(['session', 'transaction'])('pool_mode = %s carries sessions', async (mode) => {
        await connect(mode);
        const tableName = `pooled_${mode}`;
        const manager = await init({ connection, tableName, maxSessionsPerUser: 3 });
        const users = Array.from({ length: 12 }, (_, index) => ({ userId: `user ${index % 2}` }));
        const tokens = await Promise.all(users.map((user) => manager.createSession(user)));
        await expect(manager.countSessions()).resolves.toBe(6);
        const live = await Promise.allSettled(tokens.map((token) => manager.renewSession(token)));
        const [token] = tokens.filter((_, index) => live[index]!.status === 'fulfilled');
        const next = await manager.regenerateSession(token!, {
          change: (data) => void (data.n = 1),
        });
        await expect(manager.retrieveSession(next)).resolves.toMatchObject({ n: 1 });
        await manager.removeSession(next);
        await expect(manager.retrieveSession(next)).rejects.toThrow(SessionNotFoundError);
        await expect(manager.removeAllSessions()).resolves.toBe(5);
        await manager.close();
      });

      it('pool_mode = statement is refused at start, with the setting to change', async () => {
        await connect('transaction');
        await (await init({ connection, tableName: 'pooled_statement' })).close();
        await connection.close();
        await pooler.close();
        await connect('statement');
        const starting = init({ connection, tableName: 'pooled_statement', synchronize: false });
        await expect(starting).rejects.toThrow(SessionsConfigurationError);
        await expect(starting).rejects.toThrow('set pool_mode to transaction or session');
      });
    },
    [POSTGRES],
  );
});
