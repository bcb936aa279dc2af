import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from './server-kind.js';

/** Debian's folder for the programs of each version, which are not on the PATH. */
const VERSIONS = '/usr/lib/postgresql';

const folder = (existsSync(VERSIONS) ? readdirSync(VERSIONS) : [])
  .map((version) => join(VERSIONS, version, 'bin'))
  .findLast((bin) => existsSync(join(bin, 'postgres')));

export const POSTGRES: ServerKind = {
  name: 'PostgreSQL',
  user: 'postgres',
  program: folder && join(folder, 'postgres'),
  install: (data) => [
    join(folder!, 'initdb'),
    '--auth=trust',
    '--no-sync',
    '--username=postgres',
    `--pgdata=${data}`,
  ],
  argumentsFor: (data, port) => [
    `-D${data}`,
    `-p${port}`,
    '--listen_addresses=127.0.0.1',
    '--unix_socket_directories=',
  ],
  url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
};
