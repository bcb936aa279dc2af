import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionsConfigurationError } from 'nestjs-server-sessions';
import { embeddedFile, nodeSqliteFile } from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

describe('the driver of the embedded database', () => {
  let folder: string;
  let storagePath: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'driver-'));
    storagePath = join(folder, 'sessions.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  if (nodeSqliteFile.missing) {
    it('node:sqlite is refused on a version of Node that lacks it, with advice', async () => {
      const error = await rejectionOf(init({ storagePath, sqliteDriver: 'node' }));
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      expect(String(error)).toContain('^22.23.0 || >=24.15.0');
      expect(String(error)).toContain('install the package sqlite3');
    });
  }

  const withNode = nodeSqliteFile.missing === undefined ? it : it.skip;

  withNode('a session survives a change of the driver and back', async () => {
    const first = await init({ storagePath, sqliteDriver: 'sqlite3' });
    const token = await first.createSession({ n: 1 });
    await first.close();
    const second = await init({ storagePath, sqliteDriver: 'node' });
    await second.updateSession(token, { n: 2 });
    await second.close();
    const third = await init({ storagePath, sqliteDriver: 'sqlite3' });
    await expect(third.retrieveSession(token)).resolves.toEqual({ n: 2 });
    await third.close();
  });

  withNode.each([
    ['node', 'sqlite3'],
    ['sqlite3', 'node'],
  ] as const)('a file that %s has open is refused to %s', async (one, other) => {
    const first = await init({ storagePath, sqliteDriver: one });
    const error = await rejectionOf(init({ storagePath, sqliteDriver: other }));
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect(String(error)).toContain('Two copies of SQLite in one process');
    await first.close();
    await (await init({ storagePath, sqliteDriver: other })).close();
  });

  const onLinux = process.platform === 'linux' ? withNode : it.skip;

  onLinux('a file that the application has open by sqlite3 is refused to node', async () => {
    const own = embeddedFile.connect(storagePath);
    await own.query('CREATE TABLE notes (text TEXT)');
    const error = await rejectionOf(init({ storagePath, sqliteDriver: 'node' }));
    expect(String(error)).toContain('by another copy of SQLite');
    await own.close();
    await (await init({ storagePath, sqliteDriver: 'node' })).close();
  });
});
