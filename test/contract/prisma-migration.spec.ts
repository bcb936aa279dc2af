import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { validate } from '@prisma/prisma-schema-wasm';
import { init } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { migrationCommand } from '../../lib/cli/commands/migration.command.js';
import { prismaEngine, type PrismaEngine } from '../support/databases/prisma-engine.js';
import { describeUris, withOwnDatabase } from '../support/docs/harness.js';

let printed: string;

beforeEach(() => {
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => void jest.restoreAllMocks());

/** Returns what the command prints for Prisma. */
async function print(...flags: string[]): Promise<string> {
  printed = '';
  const all = ['--for', 'prisma', ...flags];
  await migrationCommand().exitOverride().parseAsync(all, { from: 'user' });
  return printed;
}

const printModel = (...flags: string[]) => print('--format', 'model', ...flags);

/** The columns and indexes that SQL creates, without what Prisma has no words for: collations, and lengths on SQLite. */
function shapeOf(sql: string, isSqlite: boolean) {
  const bare = isSqlite ? sql.replaceAll(/VARCHAR\(\d+\)/g, 'TEXT') : sql;
  const columns = bare.matchAll(/^ +"?(\w+)"? (VARCHAR\(\d+\)|TEXT|BIGINT|INTEGER)(.*)$/gm);
  const indexes = bare.matchAll(/INDEX (?:IF NOT EXISTS )?"(\w+)"\s+ON "(\w+)"\s*\(([^)]*)\)/g);
  return {
    columns: [...columns].map(([, name, type, rest]) => ({
      name,
      type,
      isRequired: rest!.includes('NOT NULL'),
      byDefault: /DEFAULT (\S+?),?$/.exec(rest!)?.[1],
    })),
    key: /"?(\w+)"? [^\n]*PRIMARY KEY,|PRIMARY KEY \("(\w+)"\)/.exec(bare)!.slice(1).find(Boolean),
    indexes: [...indexes].map(([, ...parts]) => parts.map((part) => part.replaceAll('"', ''))),
  };
}

describeUris((database) => {
  // The engine that npm installs without another download has no MySQL.
  const isKnown = ['SQLite file', 'PostgreSQL'].includes(database.name);
  const dialect = database.name === 'PostgreSQL' ? 'postgres' : 'sqlite';

  async function withEngine<Result>(
    uri: string,
    work: (engine: PrismaEngine) => Promise<Result>,
  ): Promise<Result> {
    const engine = await prismaEngine(uri);
    try {
      return await work(engine);
    } finally {
      await engine.close();
    }
  }

  (isKnown ? it : it.skip)(
    'the engine of Prisma applies the migration, and the library uses its table',
    () =>
      withOwnDatabase(database, async (uri) => {
        const sql = await print('--dialect', dialect);
        await withEngine(uri, (engine) => engine.apply(sql));
        const connection = new Sequelize(uri, { logging: false });
        const sessions = await init({ connection, synchronize: false });
        const token = await sessions.createSession('data');
        await expect(sessions.retrieveSession(token)).resolves.toBe('data');
        await sessions.close();
        await connection.close();
      }),
  );

  (isKnown ? it.each : it.skip.each)([
    'server_sessions',
    'select',
    'a_table_whose_name_is_so_long_that_its_indexes_get_others',
  ])('the engine of Prisma creates the same table from the model: %s', (table) =>
    withOwnDatabase(database, async (uri) => {
      const flags = ['--dialect', dialect, '--table', table];
      const model = await printModel(...flags);
      const created = await withEngine(uri, (engine) => engine.create(model));
      const isSqlite = dialect === 'sqlite';
      const shape = shapeOf(created, isSqlite);
      expect(shape).toEqual(shapeOf(await print(...flags), isSqlite));
      expect([shape.columns.length, shape.indexes.length, shape.key]).toEqual([22, 2, 'id']);
    }),
  );
});

describe('the command migration for Prisma', () => {
  it.each([
    ['postgres', 'postgresql'],
    ['sqlite', 'sqlite'],
    ['mariadb', 'mysql'],
    ['mysql', 'mysql'],
  ])('the model for %s is valid', async (dialect, provider) => {
    const datasource = `datasource db {\n  provider = "${provider}"\n}\n`;
    const check = (model: string) =>
      validate(JSON.stringify({ prismaSchema: [['schema.prisma', datasource + model]] }));
    const model = await printModel('--dialect', dialect);
    expect(() => check(model)).not.toThrow();
    expect(() => check(model.replace('@@ignore', '@@ignored'))).toThrow();
    expect(model.includes('@db.LongText')).toBe(provider === 'mysql');
  });

  it('the migration is the SQL for all tools', async () => {
    const sql = await print('--dialect', 'mariadb');
    printed = '';
    const flags = ['--for', 'sql', '--dialect', 'mariadb'];
    await migrationCommand().parseAsync(flags, { from: 'user' });
    expect(sql).toBe(printed);
  });

  it('a folder gets the migration in a folder as Prisma names them, and the model beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prisma-'));
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const flags = ['--dialect', 'postgres', '--out'];
    await print(...flags, join(folder, 'migrations'));
    const [migration] = readdirSync(join(folder, 'migrations'));
    expect(migration).toMatch(/^\d{14}_create_server_sessions$/);
    const file = join(folder, 'migrations', migration!, 'migration.sql');
    expect(readFileSync(file, 'utf8')).toBe(await print('--dialect', 'postgres'));
    await printModel(...flags, folder);
    const model = readFileSync(join(folder, 'server_sessions.prisma'), 'utf8');
    expect(model).toBe(await printModel('--dialect', 'postgres'));
    rmSync(folder, { recursive: true });
  });
});
