import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { init } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { migrationCommand } from '../../lib/cli/commands/migration.command.js';
import { describeTable } from '../support/databases/catalogue.js';
import { describeUris, withOwnDatabase } from '../support/docs/harness.js';
import { ROOT } from '../support/docs/snippets.js';

const run = promisify(execFile);
const TYPEORM = join(ROOT, 'node_modules/typeorm');

/** What TypeORM and the command call the databases. */
const DIALECTS: Readonly<Record<string, string>> = {
  'SQLite file': 'sqlite',
  PostgreSQL: 'postgres',
  MariaDB: 'mariadb',
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'typeorm-'));
  mkdirSync(join(folder, 'migrations'));
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describeUris((database) => {
  const isSqlite = database.name === 'SQLite file';
  const dialect = DIALECTS[database.name] ?? '';

  /** Runs a command of TypeORM's own command line, with a `DataSource` on this database. */
  const typeorm = (command: string, uri: string) => {
    // The driver for SQLite files, better-sqlite3, is not installed. sql.js reads and writes the same files as a whole.
    const place = isSqlite
      ? { type: 'sqljs', location: uri.replace('sqlite:', ''), autoSave: true }
      : { type: dialect, url: uri };
    const options = { ...place, migrations: [join(folder, 'migrations/*')] };
    const file = join(folder, 'data-source.mjs');
    writeFileSync(
      file,
      `import { DataSource } from '${TYPEORM}/index.mjs';\n` +
        `export default new DataSource(${JSON.stringify(options)});\n`,
    );
    return run(process.execPath, [join(TYPEORM, 'cli.js'), command, '--dataSource', file], {
      cwd: ROOT,
    });
  };

  const print = (...flags: string[]) =>
    migrationCommand()
      .exitOverride()
      .parseAsync(
        ['--for', 'typeorm', '--dialect', dialect, '--out', join(folder, 'migrations'), ...flags],
        { from: 'user' },
      );

  (dialect ? it.each : it.skip.each)(['esm', 'cjs'])(
    'TypeORM runs the migration, the library uses its table, and TypeORM drops it: %s',
    async (format) => {
      let synchronized: object[][] = [];
      await withOwnDatabase(database, async (uri) => {
        const connection = new Sequelize(uri, { logging: false });
        await (await init({ connection })).close();
        synchronized = await describeTable(connection, 'server_sessions');
        await connection.close();
      });
      await withOwnDatabase(database, async (uri) => {
        await print('--format', format);
        const { stdout } = await typeorm('migration:run', uri);
        expect(stdout).toMatch(
          /Migration CreateSessionTable\d{13} has been\s+executed successfully/,
        );
        const connection = new Sequelize(uri, { logging: false });
        expect(await describeTable(connection, 'server_sessions')).toEqual(synchronized);
        const sessions = await init({ connection, synchronize: false });
        const token = await sessions.createSession('data');
        await expect(sessions.retrieveSession(token)).resolves.toBe('data');
        await sessions.close();
        if (isSqlite) {
          // sql.js does not read the file of a write-ahead log.
          await connection.query('PRAGMA journal_mode = DELETE');
        }
        await connection.close();
        await typeorm('migration:revert', uri);
        const other = new Sequelize(uri, { logging: false });
        await expect(init({ connection: other, synchronize: false })).rejects.toThrow(
          'does not exist',
        );
        await other.close();
      });
    },
  );
});
