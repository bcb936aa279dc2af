import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';

/** SQLite's flag for opening a file without creating it. */
const OPEN_READWRITE = 2;

describe('an SQLite file of the application', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
  const file = join(folder, 'app.sqlite');
  let connection: Sequelize;
  let manager: SessionManager;

  beforeAll(async () => {
    const own = new Sequelize({ dialect: 'sqlite', storage: file, logging: false });
    await own.authenticate();
    await own.close();
    connection = new Sequelize({
      dialect: 'sqlite',
      storage: file,
      logging: false,
      dialectOptions: { mode: OPEN_READWRITE },
    });
    manager = await init({ connection, maxSessionsPerUser: 1, timeout: LONG_TIMEOUT_MS });
  });
  afterAll(async () => {
    await connection.close();
    rmSync(folder, { recursive: true });
  });

  const logIn = (sessions: SessionManager) => sessions.createSession({ userId: 'ann' });
  const failToOpen = async (sessions: SessionManager) => {
    renameSync(file, `${file}.away`);
    await expect(logIn(sessions)).rejects.toThrow(SessionStoreError);
    renameSync(`${file}.away`, file);
  };

  it('a file that could not be opened again for a transaction is opened by the next call', async () => {
    await failToOpen(manager);
    await expect(logIn(manager)).resolves.toEqual(expect.any(String));
    await manager.close();
  });

  it('a missing file is opened as soon as it exists', async () => {
    const storage = join(folder, 'later.sqlite');
    const dialectOptions = { mode: OPEN_READWRITE };
    const later = new Sequelize({ dialect: 'sqlite', storage, logging: false, dialectOptions });
    await expect(init({ connection: later })).rejects.toThrow(SessionStoreError);
    copyFileSync(file, storage);
    const found = await init({ connection: later });
    await found.close();
    await later.close();
  });

  it('a file that can not be opened again does not delay close()', async () => {
    const another = await init({ connection, maxSessionsPerUser: 1, timeout: 1000 });
    await failToOpen(another);
    await expect(another.close()).resolves.toBeUndefined();
  });
});
