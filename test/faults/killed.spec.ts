import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { init } from 'nestjs-server-sessions';
import { QueryTypes } from 'sequelize';
import { Acknowledged } from '../support/processes/acknowledged-writes.js';
import { embeddedFile } from '../support/databases/databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { Writer } from '../support/processes/writer.js';
import { SIZES } from './sizes.js';

const { writerKills, serverKills } = SIZES;
const tableName = 'sessions';

/** Number of acknowledgements after which a process is killed: a random moment of its work. */
const lifetime = (): number => 20 + Math.floor(Math.random() * 300);

let writer: Writer | undefined;
afterEach(() => writer?.kill());

describe('the embedded file', () => {
  it(`acknowledged writes survive ${writerKills} kills of the writing process`, async () => {
    const storagePath = embeddedFile.storagePath!();
    let acknowledged = 0;
    for (let kill = 0; kill < writerKills; kill++) {
      const told = new Acknowledged();
      writer = new Writer({ storagePath, tableName }, told);
      await writer.acknowledges(lifetime());
      await writer.kill();
      acknowledged += told.count;

      const manager = await init({ storagePath, tableName });
      expect(await told.wrongs(manager)).toEqual([]);
      await manager.close();
      const direct = embeddedFile.connect(storagePath);
      const check = await direct.query('PRAGMA integrity_check', { type: QueryTypes.SELECT });
      expect(check).toEqual([{ integrity_check: 'ok' }]);
      await direct.close();
    }
    rmSync(dirname(storagePath), { recursive: true });
    printTable('Killed while it writes to SQLite', [{ kills: writerKills, acknowledged, lost: 0 }]);
  });
});

describeOwnServers((server) => {
  it(`acknowledged writes survive ${serverKills} kills of the server`, async () => {
    const told = new Acknowledged();
    const { kind, url } = server();
    writer = new Writer({ url, tableName }, told);
    let slowest = 0;
    for (let kill = 0; kill < serverKills; kill++) {
      await writer.acknowledges(lifetime());
      await server().kill();
      await server().start();
      const start = performance.now();
      await writer.acknowledges(1);
      slowest = Math.max(slowest, performance.now() - start);
    }
    await writer.kill();

    const connection = server().connect();
    const manager = await init({ connection, tableName });
    expect(await told.wrongs(manager)).toEqual([]);
    await manager.close();
    await connection.close();
    const figures = { kills: serverKills, acknowledged: told.count, lost: 0 };
    printTable(`Killed under a process that writes: ${kind.name}`, [
      { ...figures, 'back to work after ms': Math.round(slowest) },
    ]);
  });
});
