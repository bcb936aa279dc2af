import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, identityOf, portOpens } from './processes.js';

/** The program; another path if it is not installed in the usual place. */
export const PGBOUNCER = process.env['TEST_PGBOUNCER'] ?? '/usr/sbin/pgbouncer';

export const hasPgBouncer = existsSync(PGBOUNCER);

/** A PgBouncer before a PostgreSQL server. */
export interface PgBouncer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startPgBouncer(server: number, mode = 'transaction'): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-pgbouncer-'));
  const port = await freePort();
  const settings = join(folder, 'pgbouncer.ini');
  writeFileSync(
    settings,
    `[databases]
postgres = host=127.0.0.1 port=${server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 10
server_login_retry = 1
`,
  );
  const identity = identityOf('postgres');
  if (identity) {
    chownSync(folder, identity.uid, identity.gid);
  }
  const program = spawn(PGBOUNCER, ['--quiet', settings], { ...identity, stdio: 'ignore' });
  const ended = once(program, 'exit');
  await portOpens(port);
  return {
    port,
    close: async () => {
      program.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
