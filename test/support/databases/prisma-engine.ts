import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import sqlite3 from 'sqlite3';

/** The engine of Prisma Migrate on a database. */
export interface PrismaEngine {
  /** Applies a migration, as `prisma migrate deploy` does. */
  apply(sql: string): Promise<void>;
  /** Returns the SQL by which Prisma would create the tables of a schema. */
  create(model: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts the engine from its WebAssembly on npm; the command line of Prisma would download a binary. It has PostgreSQL and
 * SQLite, and no MySQL.
 */
export async function prismaEngine(uri: string): Promise<PrismaEngine> {
  load();
  const isPostgres = uri.startsWith('postgres');
  const provider = isPostgres ? 'postgresql' : 'sqlite';
  const datasource = `datasource db {\n  provider = "${provider}"\n}\n`;
  const opened: SqlDriverAdapter[] = [];
  const factory = isPostgres ? new PrismaPg({ connectionString: uri }) : sqliteFactory(uri);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    opened.push(adapter);
    return adapter;
  };
  const open = await engine.SchemaEngine.new(
    { datamodels: [['schema.prisma', datasource]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory),
  );
  const filters = { externalTables: [], externalEnums: [] };
  return {
    async apply(sql) {
      const migrationFile = { path: 'migration.sql', content: { tag: 'ok', value: sql } as const };
      const migrationsList = {
        baseDir: '/prisma/migrations',
        lockfile: { path: 'migration_lock.toml', content: `provider = "${provider}"\n` },
        shadowDbInitScript: '',
        migrationDirectories: [{ path: '20260101000000_sessions', migrationFile }],
      };
      await withIdleTimers(() => open.applyMigrations({ migrationsList, filters }));
    },
    async create(model) {
      const files = [{ path: 'schema.prisma', content: datasource + model }];
      const { stdout } = await open.diff({
        from: { tag: 'empty' },
        to: { tag: 'schemaDatamodel', files },
        script: true,
        exitCode: null,
        filters,
      });
      return stdout!;
    },
    async close() {
      open.free();
      await Promise.all(opened.map((adapter) => adapter.dispose()));
    },
  };
}

/** Lets the process end while a timer runs: the engine never clears that of its lock, of ten seconds. */
async function withIdleTimers(work: () => Promise<unknown>): Promise<void> {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = Object.assign(
    (...timer: Parameters<typeof setTimeout>) => setTimeout(...timer).unref(),
    setTimeout,
  );
  try {
    await work();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

/** Node's types leave it to those of browsers. */
declare const WebAssembly: any;

let isLoaded = false;

function load(): void {
  if (!isLoaded) {
    const { resolve } = createRequire(import.meta.url);
    const file = resolve('@prisma/schema-engine-wasm/schema_engine_bg');
    const module = new WebAssembly.Module(readFileSync(file.replace(/\.js$/, '.wasm')));
    const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': engine });
    engine.__wbg_set_wasm(exports);
    exports.__wbindgen_start();
    isLoaded = true;
  }
}

/** What the engine needs of the driver that the tests have. */
function sqliteFactory(uri: string): SqlMigrationAwareDriverAdapterFactory {
  const connect = async () => {
    const database = new sqlite3.Database(uri.replace('sqlite:', ''));
    const all = (sql: string, args: unknown[]) =>
      new Promise<Record<string, unknown>[]>((resolve, reject) => {
        database.all<Record<string, unknown>>(sql, args, (error, rows) =>
          error ? reject(error) : resolve(rows),
        );
      });
    return {
      provider: 'sqlite',
      adapterName: 'sqlite3',
      executeScript: promisify(database.exec.bind(database)),
      executeRaw: async ({ sql, args }: { sql: string; args: unknown[] }) =>
        (await all(sql, args)).length,
      async queryRaw({ sql, args }: { sql: string; args: unknown[] }) {
        const rows = await all(sql, args);
        const columnNames = Object.keys(rows[0] ?? {});
        const TEXT = 7;
        return {
          columnNames,
          columnTypes: columnNames.map(() => TEXT),
          rows: rows.map((row) => columnNames.map((name) => row[name])),
        };
      },
      dispose: promisify(database.close.bind(database)),
    } as unknown as SqlDriverAdapter;
  };
  return { provider: 'sqlite', adapterName: 'sqlite3', connect, connectToShadowDb: connect };
}
