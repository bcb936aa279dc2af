import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionDataError, SessionsConfigurationError } from 'nestjs-server-sessions';
import { embeddedFile, openSessions } from '../../support/databases/databases.js';
import { rejectionOf } from '../../support/promises/rejection.js';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('the embedded database', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sessions-'));
    path = join(folder, 'sessions.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe('as a file', () => {
    it('only its owner can read the database file and the files that SQLite puts beside it', async () => {
      const manager = await init({ storagePath: path });
      await manager.createSession('data');
      for (const file of [path, `${path}-wal`, `${path}-shm`]) {
        expect([file, modeOf(file)]).toEqual([file, '600']);
      }
      await manager.close();
      expect(modeOf(path)).toBe('600');
    });

    it('missing folders of the database file are created for its owner only', async () => {
      const deep = join(folder, 'a', 'b', 'sessions.sqlite');
      const manager = await init({ storagePath: deep });
      await manager.close();
      expect(modeOf(join(folder, 'a'))).toBe('700');
      expect(modeOf(join(folder, 'a', 'b'))).toBe('700');
    });

    it('a path that is too long for SQLite, but not for the system, is refused', async () => {
      const deep = join(folder, ...Array.from({ length: 5 }, () => 'd'.repeat(120)), 'file');
      await expect(init({ storagePath: deep })).rejects.toThrow(SessionsConfigurationError);
    });

    it('a BLOB in a row is a SessionDataError, also for a token in its grace', async () => {
      const sessions = await openSessions(embeddedFile);
      const { manager, sequelize, tableName } = sessions;
      const token = await manager.createSession('data');
      await manager.regenerateSession(token, { grace: 60_000 });
      await sequelize.query(`UPDATE ${tableName} SET user_agent = x'00'`);
      await expect(manager.inspectSession(token)).rejects.toThrow(SessionDataError);
      await sessions.close();
    });

    it('an empty file is used, and keeps its mode', async () => {
      writeFileSync(path, '', { mode: 0o640 });
      const manager = await init({ storagePath: path });
      await manager.createSession('data');
      await manager.close();
      expect(modeOf(path)).toBe('640');
    });

    it('closing the manager leaves only the database file', async () => {
      const manager = await init({ storagePath: path });
      await manager.createSession('data');
      await manager.close();
      expect(existsSync(`${path}-wal`)).toBe(false);
      expect(existsSync(`${path}-shm`)).toBe(false);
    });

    it('sessions are kept when the manager is closed and opened again', async () => {
      const before = await init({ storagePath: path });
      const token = await before.createSession({ basket: ['tea'] });
      await before.close();
      const after = await init({ storagePath: path });
      await expect(after.retrieveSession(token)).resolves.toEqual({ basket: ['tea'] });
      await after.close();
    });

    it('a manager can be closed twice, also at the same time', async () => {
      const manager = await init({ storagePath: path });
      await Promise.all([manager.close(), manager.close()]);
      await expect(manager.close()).resolves.toBeUndefined();
    });

    it('calls in flight end with a result or an error if the manager is closed', async () => {
      const manager = await init({ storagePath: path, maxSessionsPerUser: 30 });
      const calls = Array.from({ length: 20 }, () => [
        manager.createSession('data'),
        manager.createSession({ userId: 'ann' }),
      ]).flat();
      const ended = Promise.allSettled(calls);
      await manager.close();
      expect(existsSync(`${path}-wal`)).toBe(false);
      for (const result of await ended) {
        if (result.status === 'rejected') {
          expect(result.reason).toMatchObject({ code: 'ERR_SESSION_STORE' });
        }
      }
    });
  });

  describe('for eight processes at once', () => {
    it('eight processes open the file at the same time and lose no write', async () => {
      const open = () => init({ storagePath: path, timeout: 20_000 });
      const managers = await Promise.all(Array.from({ length: 8 }, open));
      const token = await managers[0]!.createSession({ count: 0 });
      await Promise.all(
        managers.flatMap((manager) => [
          manager.createSession('own'),
          manager.updateSession(token, (data) => {
            data.count++;
          }),
          manager.updateSession(token, (data) => {
            data.count++;
          }),
        ]),
      );
      await expect(managers[7]!.retrieveSession(token)).resolves.toEqual({ count: 16 });
      await Promise.all(managers.map((manager) => manager.close()));
    });
  });

  describe('its settings', () => {
    it.each([
      [{ timeout: undefined }, 1, 1500],
      [{ timeout: 2000, durability: 'normal' }, 1, 1500],
      [{ timeout: 2000, durability: 'full' }, 2, 1500],
      [{ timeout: 1000 }, 1, 750],
    ] as const)(
      'the settings of SQLite follow the options: %p',
      async (options, synchronous, busyTimeout) => {
        const sessions = await openSessions(embeddedFile, options);
        const pragma = async (name: string) =>
          Object.values((await sessions.select(`PRAGMA ${name}`))[0]!)[0];
        expect(await pragma('journal_mode')).toBe('wal');
        expect(await pragma('synchronous')).toBe(synchronous);
        expect(await pragma('busy_timeout')).toBe(busyTimeout);
        await sessions.close();
      },
    );
  });

  describe('if its file cannot be used', () => {
    const refused = async (storagePath: string) => {
      const error = await rejectionOf(init({ storagePath }));
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      expect((error as Error).message).toContain(`storagePath "${storagePath}"`);
      expect((error as Error).message).toMatch(/Choose|choose/);
    };

    it('a path below a regular file is refused with advice', async () => {
      writeFileSync(path, 'a file');
      await refused(join(path, 'sessions.sqlite'));
      await refused(join(path, 'a', 'b', 'sessions.sqlite'));
    });

    it('a folder as the path is refused with advice', async () => {
      mkdirSync(path);
      await refused(path);
    });

    it('a path that is too long is refused with advice', () =>
      refused(join(folder, 'x'.repeat(300))));

    it('a file that is no database is refused with advice and stays unchanged', async () => {
      const content = 'a diary, not a database. '.repeat(100);
      writeFileSync(path, content);
      await refused(path);
      expect(readFileSync(path, 'utf8')).toBe(content);
    });

    it('a FIFO is refused with advice, and opening it does not wait', async () => {
      execFileSync('mkfifo', [path]);
      await refused(path);
    });

    it.each([
      'postgres:/app:S3CRET@db/app',
      'postgres:app:S3CRET@db/app',
      'postgres//app:S3CRET@db/app',
      '//app:S3CRET@db/app',
      'app:S3CRET@db/app',
      ' postgres://app:S3CRET@db/app',
      "'postgres:/app:S3CRET@db/app'",
      'postgres:\\\\app:S3CRET@db\\app',
      'jdbc:mariadb://app:S3CRET@db/app',
      'sqlite:./S3CRET.sqlite',
      'file:S3CRET.sqlite?mode=ro',
      'my_user:pa/S3CRET@db/app',
      'host=db user=app password=S3CRET',
      'Server=db;Uid=app;Pwd = S3CRET',
      './Server=db;PASSWORD=S3CRET',
      '/proc/my_user:pa/S3CRET@db/app',
    ])(
      'the URL %j as a path is refused with advice, is not shown and creates no folder',
      async (url) => {
        const start = process.cwd();
        process.chdir(folder);
        const error = await rejectionOf(init({ storagePath: url })).finally(() =>
          process.chdir(start),
        );
        expect(error).toBeInstanceOf(SessionsConfigurationError);
        expect((error as Error).message).toMatch(/^storagePath must be the path of a file, .* URL/);
        expect(inspect(error)).not.toMatch('S3CRET');
        expect(readdirSync(folder)).toEqual([]);
      },
    );

    it.each(['a:b.sqlite', 'x@y.sqlite', '10:00.sqlite'])(
      'the path can be %s, which is no URL',
      async (name) => {
        const manager = await init({ storagePath: join(folder, name) });
        await manager.close();
        expect(existsSync(join(folder, name))).toBe(true);
      },
    );

    it('the same options with another path work after a refusal', async () => {
      await rejectionOf(init({ storagePath: folder }));
      const manager = await init({ storagePath: path });
      const token = await manager.createSession('data');
      await expect(manager.retrieveSession(token)).resolves.toBe('data');
      await manager.close();
    });

    it('the error names another table with the name of the session table', async () => {
      const other = embeddedFile.connect(path);
      await other.query('CREATE TABLE Sessions (token TEXT, data TEXT)');
      const error = await rejectionOf(init({ storagePath: path, tableName: 'sessions' }));
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      expect((error as Error).message).toContain('no column id, secret_hash');
      const own = await init({ storagePath: path });
      await own.close();
      await other.close();
    });
  });
});
