import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isExecutable } from '../runner/installed-programs.js';
import { freePort, identityOf, portOpens } from './processes.js';

const HAPROXY = '/usr/sbin/haproxy';

export const hasHaProxy = isExecutable(HAPROXY);

/** A server behind HAProxy. */
export interface Backend {
  readonly port: number;
  /** Whether it takes writes. It counts as down if this fails, or takes longer than HAProxy waits. */
  isHealthy(): Promise<boolean>;
}

export interface HaProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts an HAProxy that leads all connections to the first server that is healthy. */
export async function startHaProxy(backends: readonly Backend[]): Promise<HaProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-haproxy-'));
  const port = await freePort();
  const health = await Promise.all(backends.map(serveHealth));
  const servers = backends.map(
    (backend, index) =>
      `  server s${index} 127.0.0.1:${backend.port} check port ${health[index]!.port}` +
      ` inter 500 fall 2 rise 1 on-marked-down shutdown-sessions${index > 0 ? ' backup' : ''}`,
  );
  const settings = join(folder, 'haproxy.cfg');
  writeFileSync(
    settings,
    `global
  maxconn 1000
defaults
  mode tcp
  timeout connect 1s
  timeout check 1s
  timeout client 1h
  timeout server 1h
  option redispatch
listen sessions
  bind 127.0.0.1:${port}
  option httpchk GET /
${servers.join('\n')}
`,
  );
  const identity = identityOf('nobody');
  if (identity) {
    chownSync(folder, identity.uid, identity.gid);
  }
  const program = spawn(HAPROXY, ['-db', '-f', settings], { ...identity, stdio: 'ignore' });
  const ended = once(program, 'exit');
  await portOpens(port);
  return {
    port,
    async close() {
      program.kill('SIGKILL');
      await ended;
      health.forEach((each) => each.close());
      rmSync(folder, { recursive: true });
    },
  };
}

async function serveHealth(backend: Backend): Promise<{ port: number; close(): void }> {
  const server = createServer((_request, response) => {
    backend.isHealthy().then(
      (healthy) => response.writeHead(healthy ? 200 : 503).end(),
      () => response.writeHead(503).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
