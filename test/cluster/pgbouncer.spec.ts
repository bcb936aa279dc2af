import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { init, SessionsConfigurationError } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { expectCorrectHistory } from '../support/history/run-visits.js';
import { describeTopology, isShort } from '../support/servers/describe-topology.js';
import { OwnServer } from '../support/servers/own-server.js';
import { startPgBouncer } from '../support/servers/pgbouncer.js';
import { POSTGRES } from '../support/servers/postgres-kind.js';
import type { ServerKind } from '../support/servers/server-kind.js';
import { SIZES } from './sizes.js';

/** After a crash, this server listens, recovers, and then accepts connections, all as fast as docs/scaling.md recommends. */
const FAST_RECOVERY: ServerKind = {
  ...POSTGRES,
  argumentsFor: (data, port) => [
    ...POSTGRES.argumentsFor(data, port),
    '--recovery_init_sync_method=syncfs',
  ],
};

describeTopology(
  { name: 'PgBouncer', programs: ['PostgreSQL', 'PgBouncer'], isInShortForm: true },
  () => {
    let server: OwnServer;
    beforeAll(async () => {
      server = await OwnServer.create(FAST_RECOVERY);
    });
    afterAll(() => server?.remove());

    it.each(['session', 'transaction'])(
      'clients lose nothing while the server is killed and started, with pool_mode = %s',
      async (mode) => {
        const pooler = await startPgBouncer(server.port, mode);
        try {
          await expectCorrectHistory({
            title: `PgBouncer, pool_mode = ${mode}, server killed`,
            servers: [{ ...server.options, port: pooler.port }],
            seconds: SIZES.seconds,
            nemesis: async (mark) => {
              await pause((SIZES.seconds * 1000) / 3);
              await server.kill();
              await pause(1000);
              await server.start();
              mark();
            },
            back: isShort ? Infinity : 2,
          });
        } finally {
          await pooler.close();
        }
      },
    );

    it('a start is refused with pool_mode = statement, also if the table is missing', async () => {
      const pooler = await startPgBouncer(server.port, 'statement');
      const options = { ...server.options, port: pooler.port, logging: false };
      const connection = new Sequelize(options);
      const starting = init({ connection, tableName: 'missing' });
      await expect(starting).rejects.toThrow(SessionsConfigurationError);
      await expect(starting).rejects.toThrow('set pool_mode to transaction or session');
      await connection.close();
      await pooler.close();
    });
  },
);
