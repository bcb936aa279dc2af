import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { init, SessionsConfigurationError } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { expectCorrectHistory } from '../support/history/run-visits.js';
import { sumOf, type Tally } from '../support/processes/tally.js';
import { startWorkers } from '../support/processes/workers.js';
import { describeTopology } from '../support/servers/describe-topology.js';
import { startGalera, type GaleraCluster } from '../support/servers/galera.js';
import { SIZES } from './sizes.js';

/** Logins of one user on each node in each round. */
const LOGINS = 67;

const LIMIT = 5;

describeTopology(
  { name: 'Galera with clients on all nodes', programs: ['MariaDB', 'galera-4 and rsync'] },
  () => {
    let cluster: GaleraCluster;
    beforeAll(async () => {
      cluster = await startGalera();
    });
    afterAll(() => cluster?.remove());

    it('a start without the table of turns is refused, with the statement that creates it', async () => {
      const connection = cluster.nodes[0]!.connect();
      const tableName = 'by_migration';
      await (await init({ connection, tableName })).close();
      await connection.query('DROP TABLE by_migration_turns');
      const starting = init({ connection, tableName, synchronize: false });
      await expect(starting).rejects.toThrow(SessionsConfigurationError);
      const { message } = (await starting.catch((error: unknown) => error)) as Error;
      await connection.query(/CREATE TABLE .*InnoDB/.exec(message)![0]);
      await (await init({ connection, tableName, synchronize: false })).close();
      await connection.close();
    });

    it.each(['mariadb', 'mysql'] as const)(
      'sessions leave wsrep_sync_wait of a connection as the application set it (driver of %s)',
      async (dialect) => {
        const { options } = cluster.nodes[0]!;
        const connection = new Sequelize({ ...options, dialect, pool: { max: 1 }, logging: false });
        const manager = await init({ connection, maxSessionsPerUser: LIMIT });
        await connection.query('SET SESSION wsrep_sync_wait = 2');
        const token = await manager.createSession({ userId: 'ann' });
        await manager.updateSession(token, (data) => ({ ...data, visits: 1 }));
        await expect(manager.retrieveSession(token)).resolves.toMatchObject({ visits: 1 });
        await expect(manager.removeUserSessions('ann')).resolves.toBe(1);
        const sql = 'SELECT @@SESSION.wsrep_sync_wait AS value';
        const [row] = await connection.query(sql, { type: QueryTypes.SELECT });
        expect(row).toEqual({ value: 2 });
        await manager.close();
        await connection.close();
      },
    );

    it(`logins of one user on all nodes never exceed the limit, in ${SIZES.loginRounds} rounds`, async () => {
      const options = { maxSessionsPerUser: LIMIT, timeout: LONG_TIMEOUT_MS };
      const connection = cluster.nodes[0]!.connect();
      const manager = await init({ connection, cleanup: false, ...options });
      const orders = cluster.nodes.map((node) => ({
        place: { server: node.options, tableName: 'server_sessions' },
        options,
      }));
      const workers = await startWorkers<object, { tally: Tally }>('logins.mjs', orders);
      const counts: number[] = [];
      for (let round = 0; round < SIZES.loginRounds; round++) {
        const userId = `user ${round}`;
        let isDone = false;
        const watch = async () => {
          while (!isDone) {
            counts.push((await manager.listSessions(userId)).length);
          }
        };
        const watching = watch();
        const reports = await workers.work(orders.map(() => ({ userId, count: LOGINS })));
        isDone = true;
        await watching;
        const tally = sumOf(reports.map((report) => report.tally));
        expect(tally).toEqual({ login: { ok: LOGINS * orders.length } });
        await expect(manager.countSessions(userId)).resolves.toBe(LIMIT);
      }
      await workers.end();
      expect(Math.max(...counts)).toBeLessThanOrEqual(LIMIT);
      await manager.close();
      await connection.close();
    });

    it('clients lose nothing while a node is killed and another one is frozen for 12 s', async () => {
      const [, frozen, killed] = cluster.nodes;
      await expectCorrectHistory({
        title: 'Galera, clients on all nodes, one killed, one frozen for 12 s',
        servers: cluster.nodes.map(({ options }) => options),
        seconds: SIZES.seconds,
        nemesis: async () => {
          await pause(8000);
          await killed!.kill();
          await pause(8000);
          await killed!.start();
          await pause(8000);
          frozen!.freeze();
          await pause(12_000);
          frozen!.thaw();
        },
        healed: async () => {
          for (const node of cluster.nodes) {
            await cluster.synced(node);
          }
        },
        maxPause: 6,
      });
    });
  },
);
