import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { init } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { SequelizeStorage, Umzug } from 'umzug';
import { migrationCommand } from '../../lib/cli/commands/migration.command.js';
import { describeTable } from '../support/databases/catalogue.js';
import { describeUris, withOwnDatabase } from '../support/docs/harness.js';
import { ROOT } from '../support/docs/snippets.js';
import { rejectionOf } from '../support/promises/rejection.js';

const run = promisify(execFile);

let folder: string;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  printed = '';
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const migration = (...flags: string[]) =>
  migrationCommand().exitOverride().parseAsync(flags, { from: 'user' });

/** Runs the migrations in the folder. */
interface Tool {
  readonly flags: readonly string[];
  readonly run: (direction: 'up' | 'down', uri: string, connection: Sequelize) => Promise<unknown>;
}

const umzug =
  (ending: string): Tool['run'] =>
  (direction, _uri, sequelize) =>
    new Umzug({
      migrations: { glob: ['*' + ending, { cwd: folder }] },
      context: sequelize.getQueryInterface(),
      storage: new SequelizeStorage({ sequelize }),
      logger: undefined,
    })[direction]();

/** The only file in the folder. */
const written = () => join(folder, readdirSync(folder)[0]!);

/** Runs a migration of TypeORM with a stand-in for its `QueryRunner`. */
const typeorm: Tool['run'] = async (direction, _uri, sequelize) => {
  const exported = (await import(written())) as Record<string, Migration>;
  // TypeORM reads the time from the end of the name.
  const [name] = Object.keys(exported).filter((each) => /\D\d{13}$/.test(each));
  await new exported[name!]!()[direction]({ query: (sql) => sequelize.query(sql) });
};

interface Migration {
  new (): Record<
    'up' | 'down',
    (runner: { query: (sql: string) => Promise<unknown> }) => Promise<void>
  >;
}

/** Runs an SQL file, one statement after the other. It has no way back. */
const sql: Tool['run'] = async (direction, _uri, sequelize) => {
  const file = direction === 'up' ? readFileSync(written(), 'utf8') : 'DROP TABLE server_sessions;';
  // On SQLite, Sequelize silently drops a statement that begins with a comment.
  const statements = file.replace(/^--.*\n/, '').split(/;\n/);
  for (const statement of statements.filter((each) => each.trim() !== '')) {
    await sequelize.query(statement);
  }
};

const TOOLS: Readonly<Record<string, Tool>> = {
  'sequelize-cli': {
    flags: ['--for', 'sequelize-cli'],
    run: (direction, uri) => {
      const command = direction === 'up' ? 'db:migrate' : 'db:migrate:undo';
      const cli = join(ROOT, 'node_modules/sequelize-cli/lib/sequelize');
      const flags = ['--url', uri.replace(/^sqlite:/, 'sqlite://'), '--migrations-path', folder];
      return run(process.execPath, [cli, command, ...flags], { cwd: ROOT });
    },
  },
  Umzug: { flags: ['--for', 'umzug'], run: umzug('.mjs') },
  'Umzug in CommonJS': { flags: ['--for', 'umzug', '--format', 'cjs'], run: umzug('.cjs') },
  TypeORM: { flags: ['--for', 'typeorm'], run: typeorm },
  'TypeORM in CommonJS': { flags: ['--for', 'typeorm', '--format', 'cjs'], run: typeorm },
  SQL: { flags: ['--for', 'sql'], run: sql },
};

describe.each(Object.entries(TOOLS))('a migration for %s', (_tool, tool) => {
  describeUris((database) => {
    /** The `--dialect` of the server: its name, not that of the driver. */
    const dialectOf = async (connection: Sequelize) => {
      const dialect = connection.getDialect();
      if (dialect === 'sqlite' || dialect === 'postgres') {
        return dialect;
      }
      return (await connection.databaseVersion()).includes('MariaDB') ? 'mariadb' : 'mysql';
    };

    const withDatabase = (work: (connection: Sequelize, uri: string) => Promise<void>) =>
      withOwnDatabase(database, async (uri) => {
        const connection = new Sequelize(uri, { logging: false });
        try {
          await work(connection, uri);
        } finally {
          await connection.close();
        }
      });

    it('a migration creates the same table as synchronize, works without it, and drops the table', async () => {
      const tables: object[][][] = [];
      await withDatabase(async (connection) => {
        await (await init({ connection })).close();
        tables.push(await describeTable(connection, 'server_sessions'));
      });
      await withDatabase(async (connection, uri) => {
        const dialect = await dialectOf(connection);
        await migration(...tool.flags, '--dialect', dialect, '--out', folder);
        await tool.run('up', uri, connection);
        tables.push(await describeTable(connection, 'server_sessions'));

        const sessions = await init({ connection, synchronize: false });
        const token = await sessions.createSession('data');
        await expect(sessions.retrieveSession(token)).resolves.toBe('data');
        await sessions.close();

        await tool.run('down', uri, connection);
        const refused = await rejectionOf(init({ connection, synchronize: false }));
        expect(String(refused)).toContain('does not exist');
      });
      const [synchronized, migrated] = tables;
      expect(synchronized!.filter((rows) => rows.length === 0)).toEqual([]);
      expect(migrated).toEqual(synchronized);
    });

    it('a migration leaves an existing table and its sessions as they are', () =>
      withDatabase(async (connection, uri) => {
        const tableName = 'select';
        const before = await init({ connection, tableName });
        const token = await before.createSession('data');
        await before.close();
        const dialect = await dialectOf(connection);
        await migration(...tool.flags, '--dialect', dialect, '--table', tableName, '--out', folder);
        await tool.run('up', uri, connection);
        const after = await init({ connection, tableName, synchronize: false });
        await expect(after.retrieveSession(token)).resolves.toBe('data');
        await after.close();
      }));
  });
});

describe('the command migration', () => {
  const flags = ['--for', 'umzug', '--dialect', 'sqlite'];

  it('the command migration prints what it writes', async () => {
    await migration(...flags);
    await migration(...flags, '--out', join(folder, '1.mjs'));
    expect(readFileSync(join(folder, '1.mjs'), 'utf8')).toBe(printed);
  });

  it.each([
    ['sequelize-cli', /^\d{14}-create-server_sessions\.cjs$/],
    ['typeorm', /^\d{13}-create-server_sessions\.mjs$/],
    ['sql', /^\d{14}-create-server_sessions\.sql$/],
    ['umzug', /^\d{4}\.\d\d\.\d\dT\d\d\.\d\d\.\d\d\.create-server_sessions\.mjs$/],
  ])('the command migration names a file in a folder as %s does', async (tool, name) => {
    await migration('--for', tool, '--dialect', 'sqlite', '--out', folder);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(name)]);
  });

  it('the command migration creates the folder that --out names', async () => {
    const out = join(folder, 'migrations');
    await migration(...flags, '--out', out);
    expect(readdirSync(out)).toHaveLength(1);
  });

  it.each([
    ['mysql', 'utf8mb4_0900_bin'],
    ['mariadb', 'utf8mb4_nopad_bin'],
  ])('the migration compares user ids byte for byte on %s', async (dialect, collation) => {
    await migration('--for', 'umzug', '--dialect', dialect);
    expect(printed).toContain(`user_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE ${collation}`);
  });

  it.each(['mariadb', 'mysql'])(
    'the migration of a Galera cluster on %s also creates and drops the table of turns',
    async (dialect) => {
      await migration('--for', 'umzug', '--dialect', dialect, '--galera');
      expect(printed.match(/(?:CREATE|DROP) TABLE [^(\n;]*`(?:\w+)/g)).toEqual([
        expect.stringContaining('server_sessions'),
        expect.stringContaining('server_sessions_turns'),
        expect.stringContaining('server_sessions_turns'),
        expect.stringContaining('server_sessions'),
      ]);
    },
  );

  it('the command migration overwrites no file', async () => {
    const path = join(folder, '1.mjs');
    writeFileSync(path, 'mine');
    const error = await rejectionOf(migration(...flags, '--out', path));
    expect(error).toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('exists already'),
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('the command migration fails if the folder of the named file is missing', async () => {
    const error = await rejectionOf(migration(...flags, '--out', join(folder, 'no', '1.mjs')));
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining('ENOENT') });
  });

  it('the command migration refuses a format that the tool does not load', async () => {
    const wrong = ['--for', 'sequelize-cli', '--dialect', 'sqlite', '--format', 'esm'];
    const error = await rejectionOf(migration(...wrong));
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('--format') });
  });

  it.each([
    ['no tool', ['--dialect', 'sqlite'], '--for <tool>'],
    ['no dialect', ['--for', 'umzug'], '--dialect <database>'],
    [
      'an unknown tool',
      ['--for', 'knex', '--dialect', 'sqlite'],
      'sequelize-cli, umzug, typeorm, prisma, sql',
    ],
    ['an unknown dialect', ['--for', 'umzug', '--dialect', 'oracle'], 'sqlite, postgres'],
    ['a name that no table can have', [...flags, '--table', 'a-b'], 'a letter or underscore'],
    ['a Galera cluster of another database', [...flags, '--galera'], '--dialect mariadb or mysql'],
    [
      'a Galera cluster in a model',
      ['--for', 'prisma', '--dialect', 'mysql', '--format', 'model', '--galera'],
      'Leave --format out',
    ],
  ])('the command migration refuses %s', async (_what, wrong, message) => {
    const error = await rejectionOf(migration(...wrong));
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
    expect(printed).toBe('');
  });
});
