import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { init, SessionStoreError } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { connectThrough } from '../support/databases/through-proxy.js';
import { expectCorrectHistory } from '../support/history/run-visits.js';
import { describeTopology, isShort } from '../support/servers/describe-topology.js';
import { isSynced, startGalera, type GaleraCluster } from '../support/servers/galera.js';
import { proxyTo } from '../support/servers/tcp-proxy.js';
import { startHaProxy, type HaProxy } from '../support/servers/haproxy.js';
import { SIZES } from './sizes.js';

describeTopology(
  {
    name: 'Galera with one writer',
    programs: ['MariaDB', 'galera-4 and rsync', 'HAProxy'],
    isInShortForm: true,
  },
  () => {
    let cluster: GaleraCluster;
    let probes: Sequelize[];
    let proxy: HaProxy;

    beforeAll(async () => {
      cluster = await startGalera();
      probes = cluster.nodes.map((node) => node.connect());
      proxy = await startHaProxy(
        cluster.nodes.map(({ port }, index) => ({
          port,
          isHealthy: () => isSynced(probes[index]!),
        })),
      );
    });
    afterAll(async () => {
      await proxy?.close();
      await Promise.all(probes?.map((probe) => probe.close()) ?? []);
      await cluster?.remove();
    });

    it('a login inserts nothing if its transaction has been undone without an error', async () => {
      const direct = probes[0]!;
      const between = await proxyTo('127.0.0.1', cluster.nodes[0]!.port);
      const connection = connectThrough(between, direct);
      const manager = await init({ connection, maxSessionsPerUser: 5, timeout: 3000 });
      // What follows runs as after such a transaction: each statement on its own.
      between.replaceInRequests('START TRANSACTION', 'DO 1'.padEnd('START TRANSACTION'.length));
      await expect(manager.createSession({ userId: 'ann' })).rejects.toThrow(SessionStoreError);
      await expect(manager.countSessions()).resolves.toBe(0);

      between.replaceInRequests();
      await manager.createSession({ userId: 'ann' });
      await expect(manager.countSessions()).resolves.toBe(1);
      await manager.close();
      await connection.close();
      await between.close();
    });

    it('clients behind HAProxy lose nothing while the writer is killed', async () => {
      const [writer] = cluster.nodes;
      await expectCorrectHistory({
        title: 'Galera, one writer behind HAProxy, writer killed',
        servers: [{ ...writer!.options, port: proxy.port }],
        seconds: SIZES.seconds,
        nemesis: async () => {
          await pause((SIZES.seconds * 1000) / 3);
          await writer!.kill();
        },
        maxPause: isShort ? Infinity : 4,
      });
    });
  },
);
