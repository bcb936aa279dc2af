import { Sequelize, type Dialect, type Options } from 'sequelize';
import type { TcpProxy } from '../servers/tcp-proxy.js';

/** Returns a connection to the same database and user as another one, through a proxy. */
export function connectThrough(
  { port }: TcpProxy,
  direct: Sequelize,
  options: Options = {},
): Sequelize {
  const { database, username } = direct.config;
  return new Sequelize(database, username, undefined, {
    dialect: direct.getDialect() as Dialect,
    host: '127.0.0.1',
    port,
    logging: false,
    ...options,
  });
}
