import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import type { INestApplication, LoggerService, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describeDatabases, IN_MEMORY, type TestDatabase } from '../databases/databases.js';

/** Runs a snippet: called in a separate `describe`, it adds the tests. */
export type Harness = (snippet: LoadableSnippet) => void;

export interface LoadableSnippet {
  /** Its JavaScript. */
  readonly file: string;
  /** Imports it, again for each other `copy`. */
  readonly load: <Exports>(copy?: string) => Promise<Exports>;
}

const ADAPTERS: Readonly<Record<string, () => AbstractHttpAdapter>> = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter(),
};

/** Runs a suite on each HTTP framework. */
export function describeAdapters(suite: (adapter: () => AbstractHttpAdapter) => void): void {
  for (const [name, adapter] of Object.entries(ADAPTERS)) {
    describe(`on ${name}`, () => suite(adapter));
  }
}

/** The fields of a form; pairs if one comes more than once. */
export type Form = Record<string, string> | [name: string, value: string][];

/** Sends a request with the cookies of earlier responses, as a browser on localhost does. */
export type Client = (
  method: string,
  path: string,
  form?: Form,
) => Promise<{ status: number; body: any }>;

/** Lets an application listen while `work` sends requests to it. */
export async function withServer(
  module: Type,
  adapter: AbstractHttpAdapter,
  work: (client: Client, newClient: () => Client, app: INestApplication) => Promise<void>,
  logger: LoggerService | false = false,
): Promise<void> {
  const app = await NestFactory.create(module, adapter, { logger });
  try {
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    await work(clientOf(url), () => clientOf(url), app);
  } finally {
    await app.close();
  }
}

/** Returns a client that keeps cookies, for an application at this address. */
export function clientOf(url: string): Client {
  let cookie = '';
  return async (method, path, form) => {
    const body = form && new URLSearchParams(form);
    const response = await fetch(url + path, {
      method,
      headers: { cookie },
      ...(body && { body }),
    });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  };
}

/** Runs a suite on each database that an application can name by a URI: all except `:memory:`, and once SQLite. */
export function describeUris(suite: (database: TestDatabase) => void): void {
  describeDatabases((database) => {
    if (!IN_MEMORY.includes(database) && !database.driver) {
      suite(database);
    }
  });
}

/** Runs `work` with the URI of an empty database, as `DATABASE_URL` too, and deletes the database. */
export async function withOwnDatabase(
  database: TestDatabase,
  work: (uri: string) => Promise<void>,
): Promise<void> {
  const own = database.storagePath ? ownFile() : await ownDatabase(database);
  process.env['DATABASE_URL'] = own.uri;
  try {
    await work(own.uri);
  } finally {
    delete process.env['DATABASE_URL'];
    await own.remove();
  }
}

interface OwnDatabase {
  readonly uri: string;
  remove(): Promise<void>;
}

function ownFile(): OwnDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  return {
    uri: `sqlite:${join(folder, 'app.sqlite')}`,
    remove: async () => rmSync(folder, { recursive: true }),
  };
}

async function ownDatabase(database: TestDatabase): Promise<OwnDatabase> {
  const name = `docs_${randomBytes(6).toString('hex')}`;
  const server = database.connect();
  const { host, port, username, password } = server.config;
  await server.query(`CREATE DATABASE ${name}`);
  const uri = new URL(`${server.getDialect()}://${host}:${port}/${name}`);
  uri.username = username;
  uri.password = password ?? '';
  return {
    uri: uri.href,
    async remove() {
      await server.query(`DROP DATABASE ${name}`);
      await server.close();
    },
  };
}
