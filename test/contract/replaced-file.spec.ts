import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { init, type SessionManager } from 'nestjs-server-sessions';
import { eventually } from '../support/promises/eventually.js';

describe('the file of the embedded database under a running process', () => {
  let folder: string;
  let storagePath: string;
  let manager: SessionManager;
  let warnings: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'replaced-'));
    storagePath = join(folder, 'sessions.sqlite');
    warnings = [];
    jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(`${text}`));
    manager = await init({ storagePath });
  });
  afterEach(async () => {
    await manager.close();
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['is deleted', () => rmSync(storagePath)],
    [
      'is replaced by a backup',
      () => {
        copyFileSync(storagePath, `${storagePath}.backup`);
        renameSync(`${storagePath}.backup`, storagePath);
      },
    ],
  ])('a file that %s causes a warning, and only one', async (_, change) => {
    await manager.createSession({ n: 1 });
    change();
    await eventually(async () => expect(warnings).not.toEqual([]), 20_000);
    expect(warnings).toEqual([
      expect.stringContaining(`${storagePath} was deleted or replaced while this process uses it`),
    ]);
    await expect(manager.createSession({ n: 2 })).resolves.toEqual(expect.any(String));
  });
});
