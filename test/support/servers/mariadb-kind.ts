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
    ...['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal'],
  ],
  argumentsFor: (data, port) => [
    ...['--no-defaults', `--datadir=${data}`, '--bind-address=127.0.0.1', `--port=${port}`],
    ...[`--socket=${join(data, 'socket')}`, `--pid-file=${join(data, 'pid')}`],
    '--innodb-buffer-pool-size=32M',
  ],
  url: (port) => `mariadb://root@127.0.0.1:${port}/test`,
};
