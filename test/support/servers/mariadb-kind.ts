import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from './server-kind.js';

const PROGRAM = '/usr/sbin/mariadbd';

export const MARIADB: ServerKind = {
  name: 'MariaDB',
  user: 'mysql',
  program: existsSync(PROGRAM) ? PROGRAM : undefined,
  install: (data) => [
    'mariadb-install-db',
    '--no-defaults',
    '--auth-root-authentication-method=normal',
    `--datadir=${data}`,
  ],
  argumentsFor: (data, port) => [
    '--no-defaults',
    '--innodb-buffer-pool-size=32M',
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    `--datadir=${data}`,
    `--socket=${join(data, 'socket')}`,
    `--pid-file=${join(data, 'pid')}`,
  ],
  url: (port) => `mariadb://root@127.0.0.1:${port}/test`,
};
