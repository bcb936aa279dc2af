import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, it } from '@jest/globals';
import { QueryTypes, Sequelize, type Options } from 'sequelize';
import { expectCorrectHistory } from '../support/history/run-visits.js';
import { describeTopology, isShort } from '../support/servers/describe-topology.js';
import { startHaProxy } from '../support/servers/haproxy.js';
import { startPostgres, type ReplicatedServer } from '../support/servers/replicated-server.js';
import { eventually } from '../support/promises/eventually.js';
import { SIZES } from './sizes.js';

let servers: ReplicatedServer;

async function removeServers(): Promise<void> {
  await servers?.reader.remove();
  await servers?.writer.remove();
}

describeTopology(
  { name: 'PostgreSQL with a late replica', programs: ['PostgreSQL'], isInShortForm: true },
  () => {
    beforeEach(async () => {
      servers = await startPostgres(['-c', 'recovery_min_apply_delay=2s']);
    });
    afterEach(removeServers);

    it('no call sees the replica, which is 2 s late, with replication of Sequelize', async () => {
      const { writer, reader } = servers;
      const { username, database } = writer.options;
      const place = { host: '127.0.0.1', username, database };
      const replication = {
        write: { ...place, port: String(writer.port) },
        read: [{ ...place, port: String(reader.port) }],
      };
      await expectCorrectHistory({
        title: 'Sequelize `replication`, replica 2 s late',
        servers: [{ dialect: 'postgres', replication } as Options],
        seconds: SIZES.seconds,
      });
    });
  },
);

describeTopology(
  {
    name: 'PostgreSQL with a synchronous replica',
    programs: ['PostgreSQL', 'HAProxy'],
    isInShortForm: false,
  },
  () => {
    beforeEach(async () => {
      servers = await startPostgres();
    });
    afterEach(removeServers);

    it('clients lose nothing while the primary is killed and its replica is promoted', async () => {
      const { writer, reader } = servers;
      await makeSynchronous(servers);
      const probes = [writer.connect(), reader.connect()];
      const proxy = await startHaProxy(
        [writer, reader].map(({ port }, index) => ({
          port,
          isHealthy: async () => !(await isReplica(probes[index]!)),
        })),
      );
      try {
        await expectCorrectHistory({
          title: 'Primary killed, synchronous replica promoted, HAProxy',
          servers: [{ ...writer.options, port: proxy.port }],
          seconds: SIZES.seconds,
          nemesis: async (mark) => {
            await pause((SIZES.seconds * 1000) / 3);
            await writer.kill();
            await pause(1000);
            await probes[1]!.query('SELECT pg_promote()');
            mark();
          },
          back: isShort ? Infinity : 2,
        });
      } finally {
        await proxy.close();
        await Promise.all(probes.map((probe) => probe.close()));
      }
    });
  },
);

async function isReplica(connection: Sequelize): Promise<boolean> {
  const [row] = await connection.query<{ replica: boolean }>(
    'SELECT pg_is_in_recovery() AS replica',
    { type: QueryTypes.SELECT },
  );
  return row!.replica;
}

/** Lets the primary acknowledge a commit when the replica has it. */
async function makeSynchronous({ writer }: ReplicatedServer): Promise<void> {
  const connection = writer.connect();
  await connection.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await connection.query('SELECT pg_reload_conf()');
  await eventually(async () => {
    const rows = await connection.query(
      "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'",
      { type: QueryTypes.SELECT },
    );
    if (rows.length === 0) {
      throw new Error('The replica is not synchronous yet.');
    }
  });
  await connection.close();
}
