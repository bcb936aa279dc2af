import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes } from 'sequelize';
import { embeddedFile } from '../support/databases/databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { smallDisk, type SmallDisk } from '../support/faults/small-disk.js';

let disk: SmallDisk;
let storagePath: string;
let manager: SessionManager<{ number: number; text: string }>;

beforeEach(async () => {
  disk = smallDisk();
  storagePath = join(disk.folder, 'sessions.sqlite');
  manager = await init({ storagePath });
});
afterEach(async () => {
  await manager.close();
  disk.remove();
});

const data = (number: number) => ({ number, text: 'x'.repeat(2000) });

/** Creates sessions until the first failure, whose cause must be the disk. */
async function createUntilFull(from = 0): Promise<string[]> {
  const tokens: string[] = [];
  for (;;) {
    try {
      tokens.push(await manager.createSession(data(from + tokens.length)));
    } catch (error) {
      expect(error).toBeInstanceOf(SessionStoreError);
      expect((error as Error).cause).toMatchObject({
        code: expect.stringMatching(/^SQLITE_(FULL|IOERR)/),
      });
      return tokens;
    }
  }
}

it('reads continue on a full disk, and writes are refused until there is space', async () => {
  const tokens: string[] = [];
  for (let number = 0; number < 40; number++) {
    tokens.push(await manager.createSession(data(number)));
  }
  const first = await manager.createSession(data(-1));
  disk.fill();
  tokens.push(...(await createUntilFull(tokens.length)));
  const numbers = () =>
    Promise.all(tokens.map(async (token) => (await manager.retrieveSession(token)).number));
  const all = tokens.map((_, number) => number);

  for (let round = 0; round < 20; round++) {
    const writes = [manager.createSession(data(0)), manager.updateSession(first, data(round))];
    for (const write of writes) {
      expect(await rejectionOf(write)).toBeInstanceOf(SessionStoreError);
    }
    await expect(numbers()).resolves.toEqual(all);
    await expect(manager.retrieveSession(first)).resolves.toEqual(data(-1));
  }

  disk.free();
  await expect(manager.updateSession(first, data(1))).resolves.toEqual(data(1));
  const later = await manager.createSession(data(2));
  await expect(manager.retrieveSession(later)).resolves.toEqual(data(2));
  await manager.removeSession(first);
  await expect(numbers()).resolves.toEqual(all);

  const direct = embeddedFile.connect(storagePath);
  const check = await direct.query('PRAGMA integrity_check', { type: QueryTypes.SELECT });
  await direct.close();
  expect(check).toEqual([{ integrity_check: 'ok' }]);
  printTable('A disk that fills up under SQLite', [
    { 'sessions before it was full': tokens.length + 1, 'lost or changed': 0 },
  ]);
});

it('a disk that fills up while sessions are created loses no acknowledged one', async () => {
  const tokens = await createUntilFull();
  expect(tokens.length).toBeGreaterThan(50);
  await manager.close();
  manager = await init({ storagePath });
  for (const [number, token] of tokens.entries()) {
    await expect(manager.retrieveSession(token)).resolves.toEqual(data(number));
  }
});
