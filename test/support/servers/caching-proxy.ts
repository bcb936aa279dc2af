import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { eventually } from '../promises/eventually.js';
import { isExecutable } from '../runner/installed-programs.js';
import { freePort, identityOf } from './processes.js';

/** An nginx before an application, as a shared cache. */
export interface CachingProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** The path of nginx; `undefined` if it is not installed. On Debian, only root's PATH has its folder. */
export const NGINX = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  .map((folder) => join(folder, 'nginx'))
  .find(isExecutable);

/** Starts an nginx that stores every response for a minute unless the response forbids it. */
export async function startCachingProxy(upstream: number): Promise<CachingProxy> {
  const identity = identityOf('nobody');
  const folder = mkdtempSync(join(tmpdir(), 'sessions-nginx-'));
  if (identity) {
    chownSync(folder, identity.uid, identity.gid);
  }
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(port, upstream));
  const log = join(folder, 'error.log');
  const started = spawn(NGINX!, ['-p', folder, '-e', log, '-c', file], {
    ...identity,
    cwd: folder,
    stdio: 'ignore',
  });
  const onExit = () => started.kill('SIGKILL');
  process.once('exit', onExit);
  const url = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(url));
  return {
    url,
    async stop() {
      const ended = once(started, 'exit');
      started.kill('SIGTERM');
      await ended;
      process.off('exit', onExit);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Paths are relative to the folder. */
const configuration = (port: number, upstream: number) => `
daemon off;
worker_processes 1;
pid nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path body;
  fastcgi_temp_path fastcgi;
  proxy_temp_path proxy;
  scgi_temp_path scgi;
  uwsgi_temp_path uwsgi;
  proxy_cache_path cache keys_zone=shared:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_cache shared;
      proxy_cache_valid any 1m;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}
`;
