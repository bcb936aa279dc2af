import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, it } from '@jest/globals';
import type { Sequelize } from 'sequelize';
import { expectCorrectHistory } from '../support/history/run-visits.js';
import { describeTopology, isShort } from '../support/servers/describe-topology.js';
import { isSynced, startGalera, type GaleraCluster } from '../support/servers/galera.js';
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
