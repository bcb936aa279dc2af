import { dirname, join } from 'node:path';
import { Sequelize } from 'sequelize';
import { eventually } from '../promises/eventually.js';
import { MARIADB } from './mariadb-kind.js';
import { OwnServer } from './own-server.js';
import { POSTGRES } from './postgres-kind.js';
import type { ServerKind } from './server-kind.js';

/** A server that takes writes, and a real replica of it that takes none. */
export interface ReplicatedServer {
  readonly writer: OwnServer;
  readonly reader: OwnServer;
  /** A user who may not write on the reader; root of MariaDB may. */
  readonly username: string;
}

/** The kinds of servers that can be replicated, each with what starts the two. */
export const REPLICATED: readonly (readonly [ServerKind, () => Promise<ReplicatedServer>])[] = [
  [POSTGRES, () => startPostgres()],
  [MARIADB, startMariaDb],
];

/**
 * Starts a primary and a hot standby, made by `pg_basebackup`.
 *
 * @param standby more arguments of the standby
 */
export async function startPostgres(standby: readonly string[] = []): Promise<ReplicatedServer> {
  const writer = await OwnServer.create(POSTGRES);
  const reader = await OwnServer.create({
    ...POSTGRES,
    install: (data) => [
      join(dirname(POSTGRES.program!), 'pg_basebackup'),
      `--dbname=${writer.url}`,
      `--pgdata=${data}`,
      '--write-recovery-conf',
      '--checkpoint=fast',
      '--no-sync',
    ],
    argumentsFor: (data, port) => [...POSTGRES.argumentsFor(data, port), ...standby],
  });
  return { writer, reader, username: 'postgres' };
}

/** A replica with `read_only`, which follows the writer's binary log. */
async function startMariaDb(): Promise<ReplicatedServer> {
  const withArguments = (...more: string[]): ServerKind => ({
    ...MARIADB,
    argumentsFor: (data, port) => [...MARIADB.argumentsFor(data, port), ...more],
  });
  const writer = await OwnServer.create(withArguments('--server-id=1', '--log-bin=changes'));
  const reader = await OwnServer.create(withArguments('--server-id=2', '--read-only=1'));
  const send = async (server: OwnServer, ...statements: string[]) => {
    const connection = server.connect();
    for (const sql of statements) {
      await connection.query(sql);
    }
    await connection.close();
  };
  await send(
    reader,
    `CHANGE MASTER TO master_host = '127.0.0.1', master_port = ${writer.port}, master_user = 'root', master_use_gtid = slave_pos`,
    'START SLAVE',
  );
  await send(writer, "CREATE USER app@'%'", "GRANT ALL ON test.* TO app@'%'");
  const asApplication = new Sequelize({ ...reader.options, username: 'app', logging: false });
  await eventually(() => asApplication.authenticate());
  await asApplication.close();
  return { writer, reader, username: 'app' };
}
