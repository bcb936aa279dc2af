import { afterAll, beforeAll, it } from '@jest/globals';
import { expectCorrectHistory } from '../support/history/run-visits.js';
import { describeTopology } from '../support/servers/describe-topology.js';
import { startPgpool, type Pgpool } from '../support/servers/pgpool.js';
import { startPostgres, type ReplicatedServer } from '../support/servers/replicated-server.js';
import { SIZES } from './sizes.js';

describeTopology({ name: 'pgpool-II', programs: ['PostgreSQL', 'pgpool-II'] }, () => {
  let servers: ReplicatedServer;
  let pooler: Pgpool;

  beforeAll(async () => {
    servers = await startPostgres(['-c', 'recovery_min_apply_delay=2s']);
    pooler = await startPgpool([servers.writer.port, servers.reader.port]);
  });
  afterAll(async () => {
    await pooler?.close();
    await servers?.reader.remove();
    await servers?.writer.remove();
  });

  it('no call sees the replica, which is 2 s late, though SELECTs are balanced', async () => {
    await expectCorrectHistory({
      title: 'pgpool-II, load balancing, replica 2 s late',
      servers: [{ ...servers.writer.options, port: pooler.port }],
      seconds: SIZES.seconds,
    });
  });
});
