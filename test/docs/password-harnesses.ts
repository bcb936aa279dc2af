import { createHook } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { SequelizeModule } from '@nestjs/sequelize';
import { SessionManager, SessionsModule, type SessionEvent } from 'nestjs-server-sessions';
import {
  clientOf,
  describeAdapters,
  withServer,
  type Client,
  type Harness,
  type LoadableSnippet,
} from '../support/docs/harness.js';
import { WhoController } from '../support/docs/visitor.controller.js';

const OLD = 'an old password of ann';
const NEW = 'a new password of ann';

/** The methods of the snippet whose moments the tests use. */
interface Accounts {
  check(name: string, password: string): Promise<object | undefined>;
  change(id: string, old: string, password: string): Promise<object | undefined>;
}

/** Lets something happen once, just after a call has resolved. */
function afterNext<Name extends keyof Accounts>(
  accounts: Accounts,
  name: Name,
  work: () => Promise<unknown>,
): void {
  const call = accounts[name].bind(accounts) as (...args: string[]) => Promise<object | undefined>;
  accounts[name] = async (...args: string[]) => {
    accounts[name] = call as Accounts[Name];
    const result = await call(...args);
    await work();
    return result;
  };
}

/** Serves the controller of the page, with an empty database and the account of ann. */
async function withAccounts(
  { file }: LoadableSnippet,
  adapter: AbstractHttpAdapter,
  work: (
    client: Client,
    newClient: () => Client,
    app: INestApplication,
    accounts: Accounts,
  ) => Promise<void>,
): Promise<void> {
  const load = (name: string) => import(join(dirname(file), `${name}.js`));
  const { AccountRow, Accounts } = await load('accounts');
  const { PasswordController } = await load('password.controller');
  const { PasswordHashes } = await load('password-hashes');
  @Module({
    imports: [
      SequelizeModule.forRoot({
        dialect: 'sqlite',
        storage: ':memory:',
        autoLoadModels: true,
        synchronize: true,
        logging: false,
      }),
      SequelizeModule.forFeature([AccountRow]),
      SessionsModule.forRoot({ storagePath: ':memory:' }),
    ],
    controllers: [PasswordController, WhoController],
    providers: [Accounts, PasswordHashes],
  })
  class AppModule {}
  await withServer(AppModule, adapter, async (client, newClient, app) => {
    await register(newClient());
    await work(client, newClient, app, app.get(Accounts));
  });
}

const register = async (client: Client) =>
  expect(await client('POST', '/register', { name: 'Ann', password: OLD })).toMatchObject({
    status: 201,
  });

/** Serves the module of the page in its own process, since jest on Node 20 can't load the package of the limits. */
async function withProcess(
  { file }: LoadableSnippet,
  framework: string,
  work: (newClient: () => Client) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'docs-passwords-'));
  const DATABASE_URL = `sqlite:${join(folder, 'app.sqlite')}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SERVER], {
    cwd: dirname(file),
    env: { ...process.env, DATABASE_URL, MODULE: file, FRAMEWORK: framework },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    await work(() => clientOf(String(line).trim()));
  } finally {
    child.kill();
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  }
}

const SERVER = `
  import { NestFactory } from '@nestjs/core';
  const { MODULE, FRAMEWORK } = process.env;
  const { PasswordModule } = await import(MODULE);
  const { [FRAMEWORK + 'Adapter']: Adapter } = await import('@nestjs/platform-' + FRAMEWORK.toLowerCase());
  const app = await NestFactory.create(PasswordModule, new Adapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  console.log(await app.getUrl());
`;

const login = (client: Client, password = OLD, name = 'ann') =>
  client('POST', '/login', { name, password });

const who = async (client: Client) => (await client('GET', '/who')).body;

const passwordModule: Harness = (snippet) => {
  describe.each(['Express', 'Fastify'])('on %s', (framework) => {
    it('the snippet refuses what is no account, and the eleventh try for one account', async () => {
      await withProcess(snippet, framework, async (newClient) => {
        await register(newClient());
        const short = { name: 'bob', password: 'short' };
        expect(await newClient()('POST', '/register', short)).toMatchObject({ status: 400 });
        expect(await newClient()('POST', '/login', { name: 'ann' })).toMatchObject({ status: 400 });
        for (let tries = 1; tries < 10; tries++) {
          expect(await login(newClient(), tries === 1 ? OLD : 'wrong')).toMatchObject({
            status: tries === 1 ? 201 : 401,
          });
        }
        expect(await login(newClient())).toMatchObject({ status: 429 });
        expect(await login(newClient(), OLD, 'bob')).toMatchObject({ status: 401 });
      });
    });

    it('the snippet limits no logout', async () => {
      await withProcess(snippet, framework, async (newClient) => {
        const client = newClient();
        await register(client);
        for (let logouts = 0; logouts < 30; logouts++) {
          expect(await newClient()('POST', '/logout')).toMatchObject({ status: 201 });
        }
        expect(await client('POST', '/logout')).toMatchObject({ status: 201 });
      });
    });
  });
};

const passwordController: Harness = (snippet) => {
  describeAdapters((adapter) => {
    it('the snippet logs in by the right password alone, whatever the case of the name', async () => {
      await withAccounts(snippet, adapter(), async (client) => {
        expect(await login(client, OLD, 'ANN')).toMatchObject({ status: 201 });
        expect(await who(client)).toMatchObject({
          userId: expect.stringMatching(/^[\da-f-]{36}$/),
        });
        const wrong = { status: 401, body: { message: 'The name or the password is wrong.' } };
        expect(await login(client, 'wrong')).toMatchObject(wrong);
        expect(await login(client, OLD, 'bob')).toMatchObject(wrong);
        const taken = { name: 'aNN', password: OLD };
        expect(await client('POST', '/register', taken)).toMatchObject({ status: 409 });
      });
    });

    it('the snippet signs out other devices and refuses a concurrent login with the old password', async () => {
      await withAccounts(snippet, adapter(), async (phone, newClient, app, accounts) => {
        const [laptop, thief] = [newClient(), newClient()];
        await login(phone);
        await login(laptop);
        const { userId } = await who(phone);
        const events: SessionEvent[] = [];
        app.get(SessionManager).events$.subscribe((event) => void events.push(event));
        expect(await phone('POST', '/password', { old: 'wrong', password: NEW })).toMatchObject({
          status: 403,
        });
        afterNext(accounts, 'check', () => phone('POST', '/password', { old: OLD, password: NEW }));
        expect(await login(thief)).toMatchObject({ status: 401 });
        for (const client of [laptop, thief]) {
          expect(await who(client)).toEqual({});
        }
        const { id } = await who(phone);
        expect(await app.get(SessionManager).listSessions(userId)).toMatchObject([{ id }]);
        expect(events.map(({ type }) => type)).toEqual([
          'removed', // That of the registration, the laptop's and the phone's
          'removed',
          'removed',
          'created', // The phone's
          'created', // The thief's
          'removed',
        ]);
      });
    });

    it('the snippet ends a stolen session, also if the thief rotates it during the change', async () => {
      await withAccounts(snippet, adapter(), async (user, newClient, app, accounts) => {
        const sessions = app.get(SessionManager);
        await login(user);
        const { userId } = await who(user);
        const stolen: string[] = [];
        const token = await sessions.createSession({ userId });
        afterNext(accounts, 'change', async () => {
          stolen.push(token, await sessions.regenerateSession(token, { grace: 60_000 }));
        });
        await user('POST', '/password', { old: OLD, password: NEW });
        expect(stolen).toHaveLength(2);
        for (const each of stolen) {
          await expect(sessions.retrieveSession(each)).rejects.toThrow('There is no session');
        }
        expect(await sessions.listSessions(userId)).toMatchObject([{ id: (await who(user)).id }]);
      });
    });

    it('the snippet gives no session to a change of the password that a newer one overtook', async () => {
      await withAccounts(snippet, adapter(), async (user, newClient, _, accounts) => {
        const thief = newClient();
        await login(thief);
        await login(user);
        const newer = 'an even newer password';
        afterNext(accounts, 'change', () =>
          user('POST', '/password', { old: 'a late password', password: newer }),
        );
        const late = { old: OLD, password: 'a late password' };
        expect(await thief('POST', '/password', late)).toMatchObject({ status: 401 });
        expect(await who(thief)).toEqual({});
      });
    });
  });
};

const passwordHashes: Harness = ({ load }) => {
  it('the snippet runs two hashes at a time, queues 20 and refuses the rest', async () => {
    const { PasswordHashes } = await load<{
      PasswordHashes: Type<{ hash(password: string, salt: Buffer): Promise<Buffer> }>;
    }>();
    const hashes = new PasswordHashes();
    const salt = Buffer.alloc(16);
    const running = new Set<number>();
    let most = 0;
    const hook = createHook({
      init(id, type) {
        if (type === 'SCRYPTREQUEST') {
          most = Math.max(most, running.add(id).size);
        }
      },
      before: (id) => void running.delete(id),
    }).enable();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 25 }, () => hashes.hash('secret', salt)),
    );
    hook.disable();
    expect(most).toBe(2);
    const value = scryptSync('secret', salt, 64, { N: 2 ** 14, r: 8, p: 5 });
    const refused = { status: 'rejected', reason: expect.objectContaining({ status: 503 }) };
    expect(outcomes).toEqual([
      ...Array.from({ length: 22 }, () => ({ status: 'fulfilled', value })),
      ...Array.from({ length: 3 }, () => refused),
    ]);
    await expect(hashes.hash('secret', salt)).resolves.toEqual(value);
  });
};

const accounts: Harness = (snippet) => {
  describeAdapters((adapter) => {
    it('the snippet lets one of several changes at once store its password', async () => {
      await withAccounts(snippet, adapter(), async (client, newClient) => {
        const clients = [client, newClient(), newClient()];
        for (const each of clients) {
          await login(each);
        }
        const passwords = clients.map((_, index) => `${NEW}, number ${index}`);
        const change = (each: Client, index: number) =>
          each('POST', '/password', { old: OLD, password: passwords[index]! });
        const changes = await Promise.all(clients.map(change));
        const stored = passwords.filter((_, index) => changes[index]!.status === 201);
        expect(stored).toHaveLength(1);
        expect(await login(newClient(), stored[0])).toMatchObject({
          status: 201,
        });
      });
    });
  });
};

export const PASSWORD_HARNESSES: Readonly<Record<string, Harness>> = {
  'password-hashes': passwordHashes,
  accounts,
  'password.controller': passwordController,
  'password.module': passwordModule,
};
