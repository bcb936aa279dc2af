import { createHook } from 'node:async_hooks';
import { scryptSync } from 'node:crypto';
import { expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Module,
  Post,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { getConnectionToken } from '@nestjs/sequelize';
import {
  CurrentSession,
  SessionGuard,
  SessionManager,
  SessionsModule,
  type SessionEvent,
} from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { importSession } from '../support/sessions/legacy-sessions.js';
import { VisitorController, WhoController } from '../support/docs/visitor.controller.js';

/** The id of the only user. */
const ANN = '42';

/** One user's password, in memory. As many databases do, it finds the user by the name in any case. */
class OnePassword {
  #password = 'old';
  #version = 1;
  /** Runs once, between the check of a login and its session. */
  meanwhile: () => Promise<unknown> = async () => {};
  /** Comes to pass once, while a new password is stored. */
  whileStored: () => Promise<unknown> = async () => {};

  async check(name: string, password: string): Promise<object | undefined> {
    const isRight = name.toLowerCase() === 'ann' && password === this.#password;
    const account = isRight ? { id: ANN, version: this.#version } : undefined;
    const { meanwhile } = this;
    this.meanwhile = async () => {};
    await meanwhile();
    return account;
  }

  async store(id: string, password: string): Promise<object> {
    expect(id).toBe(ANN);
    this.#password = password;
    const version = ++this.#version;
    const { whileStored } = this;
    this.whileStored = async () => {};
    await whileStored();
    return { id, version };
  }

  async version(id: string): Promise<number | undefined> {
    return id === ANN ? this.#version : undefined;
  }
}

const password: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet signs out other devices and refuses a concurrent login with the old password', async () => {
      const { PasswordController, Passwords } = await load<Record<string, Type>>();
      const passwords = new OnePassword();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [PasswordController!, WhoController],
        providers: [{ provide: Passwords!, useValue: passwords }],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (phone, newClient, app) => {
        const [laptop, thief] = [newClient(), newClient()];
        const login = (client = phone, password_ = 'old') =>
          client('POST', '/login', { name: 'ann', password: password_ });
        expect(await login(phone, 'wrong')).toMatchObject({ status: 401 });
        expect(await login(phone)).toMatchObject({ status: 201 });
        expect(await login(laptop)).toMatchObject({ status: 201 });
        const sessions = app.get(SessionManager);
        const events: SessionEvent[] = [];
        sessions.events$.subscribe((event) => void events.push(event));
        passwords.meanwhile = () => phone('POST', '/password', { password: 'new' });
        expect(await login(thief)).toMatchObject({ status: 401 });
        for (const client of [laptop, thief]) {
          expect((await client('GET', '/who')).body).toEqual({});
        }
        const { id } = (await phone('GET', '/who')).body;
        expect(await sessions.listSessions(ANN)).toMatchObject([{ id }]);
        expect(events.map(({ type }) => type)).toEqual([
          'removed', // The laptop's and the phone's
          'removed',
          'created', // The phone's
          'created', // The thief's
          'removed',
        ]);
      });
    });

    it('the snippet ends a stolen session, also if the thief rotates it during the change', async () => {
      const { PasswordController, Passwords } = await load<Record<string, Type>>();
      const passwords = new OnePassword();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [PasswordController!, WhoController],
        providers: [{ provide: Passwords!, useValue: passwords }],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (_, __, app) => {
        const sessions = app.get(SessionManager);
        const url = await app.getUrl();
        const send = (path: string, token: string, form?: Record<string, string>) =>
          fetch(url + path, {
            headers: { cookie: `__Host-id=${token}` },
            ...(form && { method: 'POST', body: new URLSearchParams(form) }),
          });
        const tokenIn = ({ headers }: Response) => /=([^;]*)/.exec(headers.getSetCookie()[0]!)![1]!;
        const rotate = async (token: string) => {
          const grace = 60_000;
          return [token, await sessions.regenerateSession(token, { grace })];
        };
        for (const [steal, password, next] of [
          [async (token: string) => [token], 'old', 'new'],
          [rotate, 'new', 'newer'],
        ] as const) {
          const login = { name: 'ann', password };
          const token = tokenIn(await send('/login', '', login));
          let stolen: string[] = [];
          passwords.whileStored = async () => {
            stolen = await steal(token);
          };
          const answer = await send('/password', token, { password: next });
          expect(answer.status).toBe(201);
          for (const each of stolen) {
            await expect(sessions.retrieveSession(each)).rejects.toThrow('There is no session');
          }
          const who = await send('/who', tokenIn(answer));
          const [only, ...others] = await sessions.listSessions(ANN);
          expect(await who.json()).toEqual({ id: only!.id, userId: ANN });
          expect(others).toEqual([]);
        }
      });
    });

    it('the snippet ends a session that a thief started with another spelling of the name', async () => {
      const { PasswordController, Passwords } = await load<Record<string, Type>>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [PasswordController!, WhoController],
        providers: [{ provide: Passwords!, useValue: new OnePassword() }],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (user, newClient) => {
        const thief = newClient();
        expect(await thief('POST', '/login', { name: 'ANN', password: 'old' })).toMatchObject({
          status: 201,
        });
        await user('POST', '/login', { name: 'ann', password: 'old' });
        expect(await user('POST', '/password', { password: 'new' })).toMatchObject({ status: 201 });
        expect((await thief('GET', '/who')).body).toEqual({});
        expect((await user('GET', '/who')).body).toMatchObject({ userId: ANN });
      });
    });

    it('the snippet gives no session to a change of the password that a newer one overtook', async () => {
      const { PasswordController, Passwords } = await load<Record<string, Type>>();
      const passwords = new OnePassword();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [PasswordController!, WhoController],
        providers: [{ provide: Passwords!, useValue: passwords }],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (user, newClient) => {
        const thief = newClient();
        for (const client of [user, thief]) {
          await client('POST', '/login', { name: 'ann', password: 'old' });
        }
        passwords.whileStored = () => user('POST', '/password', { password: 'new' });
        const late = await thief('POST', '/password', { password: 'late' });
        expect(late).toMatchObject({ status: 401 });
        expect((await thief('GET', '/who')).body).toEqual({});
      });
    });
  });
};

const rememberMe: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet keeps a user for 30 days on request, others for half an hour or until the browser closes', async () => {
      const { RememberMeModule } = await load<{ RememberMeModule: Type }>();
      await withServer(RememberMeModule, adapter(), async (_, __, app) => {
        const url = `${await app.getUrl()}/login`;
        const login = async (form: Record<string, string>) => {
          const body = new URLSearchParams({ name: 'ann', ...form });
          const { headers } = await fetch(url, { method: 'POST', body });
          const cookie = headers.getSetCookie()[0]!;
          const token = /=([^;]*)/.exec(cookie)![1]!;
          const { createdAt, expiresAt } = await app.get(SessionManager).inspectSession(token);
          return {
            maxAge: /Max-Age=(\d+)/.exec(cookie)?.[1],
            minutes: (expiresAt.getTime() - createdAt.getTime()) / 60_000,
          };
        };
        expect(await login({})).toEqual({ maxAge: undefined, minutes: 30 });
        const days = 30 * 24 * 60;
        expect(await login({ remember: 'on' })).toEqual({ maxAge: `${days * 60}`, minutes: days });
      });
    });
  });
};

const signedIn: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet lets only logged in users pass, with or without a visitor session', async () => {
      const { SignedInGuard } = await load<{ SignedInGuard: Type<CanActivate> }>();

      @Controller()
      class AccountController {
        @Post('basket')
        async fill(@CurrentSession() session: CurrentSession): Promise<void> {
          await session.start({ userId: null, basket: ['apple'] });
        }

        @Get('account')
        @UseGuards(SessionGuard, SignedInGuard)
        show(): string {
          return 'account';
        }
      }

      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [AccountController, VisitorController],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (client) => {
        expect(await client('GET', '/account')).toMatchObject({
          status: 401,
          body: { code: 'SESSION_MISSING' },
        });
        await client('POST', '/basket');
        expect(await client('GET', '/account')).toMatchObject({
          status: 401,
          body: { message: 'Log in first.' },
        });
        await client('POST', '/login');
        expect(await client('GET', '/account')).toEqual({ status: 200, body: 'account' });
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

/** Renews the session of each request. */
@Controller()
class RenewingController {
  @Post('renew')
  async renew(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.renew();
  }
}

const moved: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet accepts the cookie of the old application and replaces it', async () => {
      const { MovedModule } = await load<{ MovedModule: Type }>();
      @Module({ imports: [MovedModule], controllers: [RenewingController] })
      class AppModule {}
      await withServer(AppModule, adapter(), async (_, __, app) => {
        const manager = app.get(SessionManager);
        const sequelize = app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'));
        const target = { manager, sequelize, tableName: 'server_sessions' };
        const { token, id } = await importSession(target, { userId: 'ann' });
        const { headers } = await fetch(`${await app.getUrl()}/renew`, {
          method: 'POST',
          headers: { cookie: `token=${token}` },
        });
        expect(headers.getSetCookie()).toEqual([expect.stringContaining(`token=${id}.`)]);
      });
    });
  });
};

export const LOGIN_HARNESSES: Readonly<Record<string, Harness>> = {
  'password.controller': password,
  'signed-in.guard': signedIn,
  'password-hashes': passwordHashes,
  'remember-me.module': rememberMe,
  'moved.module': moved,
};
