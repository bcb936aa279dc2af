import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isExecutable } from '../runner/installed-programs.js';
import { familyOf, freePort, identityOf, portOpens, signal } from './processes.js';

const PGPOOL = '/usr/sbin/pgpool';

export const hasPgpool = isExecutable(PGPOOL);

/** A pgpool-II before a primary and its replicas. */
export interface Pgpool {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a pgpool-II that sends SELECTs to any of the servers, the primary first. */
export async function startPgpool(servers: readonly number[]): Promise<Pgpool> {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-pgpool-'));
  const port = await freePort();
  const backends = servers.flatMap((server, index) => [
    `backend_hostname${index} = '127.0.0.1'`,
    `backend_port${index} = ${server}`,
    `backend_weight${index} = 1`,
    `backend_flag${index} = 'DISALLOW_TO_FAILOVER'`,
  ]);
  writeFileSync(
    join(folder, 'pgpool.conf'),
    `backend_clustering_mode = 'streaming_replication'
listen_addresses = '127.0.0.1'
port = ${port}
pcp_port = ${await freePort()}
unix_socket_directories = '${folder}'
pcp_socket_dir = '${folder}'
pid_file_name = '${join(folder, 'pid')}'
logdir = '${folder}'
work_dir = '${folder}'
load_balance_mode = on
enable_pool_hba = off
num_init_children = 48
max_pool = 1
sr_check_period = 1
sr_check_user = 'postgres'
sr_check_database = 'postgres'
delay_threshold = 0
${backends.join('\n')}
`,
  );
  writeFileSync(join(folder, 'pcp.conf'), '');
  writeFileSync(join(folder, 'pool_hba.conf'), '');
  const identity = identityOf('postgres');
  if (identity) {
    chownSync(folder, identity.uid, identity.gid);
  }
  const files = ['-f', 'pgpool.conf', '-F', 'pcp.conf', '-a', 'pool_hba.conf'].map((part) =>
    part.startsWith('-') ? part : join(folder, part),
  );
  const program = spawn(PGPOOL, ['-n', ...files], { ...identity, cwd: folder, stdio: 'ignore' });
  const ended = once(program, 'exit');
  await portOpens(port);
  return {
    port,
    async close() {
      signal(familyOf(program.pid!), 'SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
