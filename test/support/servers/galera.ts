import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { QueryTypes, Sequelize } from 'sequelize';
import { eventually } from '../promises/eventually.js';
import { MARIADB } from './mariadb-kind.js';
import { OwnServer } from './own-server.js';
import { freePort } from './processes.js';

/** Where Debian installs the library by which nodes replicate. */
const PROVIDER = '/usr/lib/galera/libgalera_smm.so';

export const hasGalera = existsSync(PROVIDER) && existsSync('/usr/bin/rsync');

/** How fast nodes leave out one that does not respond, as docs/scaling.md recommends. */
const EVICTION = [
  'evs.keepalive_period=PT0.5S',
  'evs.inactive_check_period=PT0.5S',
  'evs.suspect_timeout=PT2S',
  'evs.inactive_timeout=PT4S',
  'evs.install_timeout=PT4S',
];

/** Milliseconds that a node may take to get all data from another one. */
const JOIN_TIMEOUT_MS = 90_000;

/** Three nodes that replicate to each other. */
export interface GaleraCluster {
  readonly nodes: readonly OwnServer[];
  /** Waits until a node takes statements, and is as new as the others. */
  synced(node: OwnServer): Promise<void>;
  remove(): Promise<void>;
}

export async function startGalera(): Promise<GaleraCluster> {
  const groupPorts = [await freePort(), await freePort(), await freePort()];
  const nodes: OwnServer[] = [];
  for (const groupPort of groupPorts) {
    const ports = { group: groupPort, increments: await freePort(), state: await freePort() };
    // Only the first start of the first node begins a cluster. Each later start joins.
    let isFirst = nodes.length === 0;
    const node = await OwnServer.create({
      ...MARIADB,
      argumentsFor: (data, port) => {
        const members = groupPorts.map((each) => `127.0.0.1:${each}`).join(',');
        const options = [
          ...MARIADB.argumentsFor(data, port),
          ...nodeOptions(ports, port),
          `--wsrep-cluster-address=gcomm://${members}`,
          ...(isFirst ? ['--wsrep-new-cluster'] : []),
        ];
        isFirst = false;
        return options;
      },
    });
    nodes.push(node);
    await synced(node);
  }
  return {
    nodes,
    synced,
    async remove() {
      for (const node of nodes) {
        await node.remove();
      }
    },
  };
}

interface NodePorts {
  readonly group: number;
  readonly increments: number;
  readonly state: number;
}

function nodeOptions({ group, increments, state }: NodePorts, port: number): string[] {
  const provider = [
    `gmcast.listen_addr=tcp://127.0.0.1:${group}`,
    `ist.recv_addr=127.0.0.1:${increments}`,
    `ist.recv_bind=127.0.0.1:${increments}`,
    'gcache.size=64M',
    'pc.recovery=false',
    ...EVICTION,
  ];
  return [
    '--wsrep-on=ON',
    `--wsrep-provider=${PROVIDER}`,
    `--wsrep-provider-options=${provider.join(';')}`,
    `--wsrep-node-address=127.0.0.1:${group}`,
    `--wsrep-node-name=node-${port}`,
    '--wsrep-sst-method=rsync',
    `--wsrep-sst-receive-address=127.0.0.1:${state}`,
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
    '--innodb-flush-log-at-trx-commit=2',
  ];
}

async function synced(node: OwnServer): Promise<void> {
  await eventually(async () => {
    const connection = node.connect();
    try {
      const [row] = await connection.query<{ Value: string }>(
        "SHOW STATUS LIKE 'wsrep_local_state_comment'",
        { type: QueryTypes.SELECT },
      );
      if (row?.Value !== 'Synced') {
        throw new Error(`A node is ${String(row?.Value)}.`);
      }
    } finally {
      await connection.close();
    }
    await pause(100);
  }, JOIN_TIMEOUT_MS);
}

/** Returns whether a node takes statements at the moment. */
export async function isSynced(connection: Sequelize): Promise<boolean> {
  const [row] = await connection.query<{ Value: string }>(
    "SHOW STATUS LIKE 'wsrep_local_state_comment'",
    { type: QueryTypes.SELECT },
  );
  return row?.Value === 'Synced';
}
