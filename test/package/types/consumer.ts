// Compiled with the packed declarations, and by `npm run typecheck` with the sources: each error that is expected is one.
import {
  Controller,
  Get,
  Injectable,
  Post,
  UseGuards,
  type INestApplication,
} from '@nestjs/common';
import type { TestingModuleBuilder } from '@nestjs/testing';
import {
  CurrentSession,
  getCurrentSession,
  GuardedSession,
  init,
  Session,
  SessionGuard,
  SessionManager,
  SessionsModule,
  SessionToken,
  type InitOptions,
  type SessionClient,
  type SessionDevice,
  type SessionEvent,
  type SessionRecord,
  type SessionsModuleOptions,
  type SessionsOptionsFactory,
} from 'nestjs-server-sessions';
import { SessionManagerStore } from 'nestjs-server-sessions/express-session';
import { SessionSocketsModule } from 'nestjs-server-sessions/sockets';
import { ApiSession, documentSessions } from 'nestjs-server-sessions/swagger';
import {
  getStartedSession,
  overrideSessionsOptions,
  signIn,
  TestClock,
} from 'nestjs-server-sessions/testing';
import { z } from 'zod';

interface Shop {
  userId: string;
  basket: string[];
}

/** Compiles only if both types are the same. */
function same<A>() {
  return <B>(_: [A] extends [B] ? ([B] extends [A] ? B : never) : never) => {};
}

export async function manages(sessions: SessionManager<Shop>, token: string) {
  same<Shop>()(await sessions.retrieveSession(token));
  same<SessionRecord<Shop>>()(await sessions.inspectSession(token));
  same<string>()(await sessions.createSession({ userId: 'ann', basket: [] }));
  // @ts-expect-error data of another type
  await sessions.createSession({ userId: 'ann', basket: 'apple' });
  // @ts-expect-error an option that there is not
  await sessions.createSession({ userId: 'ann', basket: [] }, { lifetime: 1 });
  // @ts-expect-error no token
  await sessions.retrieveSession(1);
  sessions.events$.subscribe((event: SessionEvent) => {
    if (event.type === 'removed') {
      same<'logout' | 'replaced' | 'by-id' | 'by-user' | 'all'>()(event.reason);
    }
    // @ts-expect-error a rejected request has no id
    console.log(event.id);
  });
}

export async function updates(sessions: SessionManager<Shop>, token: string) {
  same<Shop>()(await sessions.updateSession(token, { userId: 'ann', basket: [] }));
  // @ts-expect-error a part of the data
  await sessions.updateSession(token, { basket: [] });
  same<Shop>()(
    await sessions.updateSession(token, (data) => {
      same<Shop>()(data);
      data.basket.push('apple');
    }),
  );
  await sessions.updateSession(token, async (data) => ({ ...data, basket: [] }));
  await sessions.updateSession(token, { userId: 'ann', basket: [] }, { sameUser: true });
  // @ts-expect-error a change that returns a part of the data
  await sessions.updateSession(token, () => ({ basket: [] }));
  // @ts-expect-error a change of another type
  await sessions.updateSession(token, (data) => void data.basket.push(1));
  // @ts-expect-error an option that there is not
  await sessions.updateSession(token, (data) => void data.basket.pop(), { expire: 1 });
}

export async function anything(sessions: SessionManager, token: string) {
  const data = await sessions.retrieveSession(token);
  return data.anything.at.all;
}

@Injectable()
export class Baskets {
  constructor(private readonly sessions: SessionManager<Shop>) {}

  of(token: string): Promise<Shop> {
    return this.sessions.retrieveSession(token);
  }
}

@Controller()
export class BasketController {
  @Post('login')
  async login(@CurrentSession() session: CurrentSession<Shop>, @SessionToken() token?: string) {
    same<string>()(await session.start({ userId: 'ann', basket: [] }, { persistent: false }));
    // @ts-expect-error data of another type
    await session.start({ userId: 1 });
    return token;
  }

  @Get('basket')
  @UseGuards(SessionGuard)
  async basket(
    @Session('basket') basket: string[],
    @CurrentSession() session: CurrentSession<Shop>,
  ) {
    same<Shop | undefined>()(session.data);
    same<string | undefined>()(session.userId);
    same<Date | undefined>()(session.createdAt);
    same<Date | undefined>()(session.renewedAt);
    same<Date | undefined>()(session.expiresAt);
    same<SessionClient | undefined>()(session.client);
    same<SessionDevice | undefined>()(session.device);
    const updated = await session.update((data) => void data.basket.push('apple'));
    same<Shop>()(updated);
    same<Shop>()(await session.update({ userId: 'ann', basket }));
    // @ts-expect-error data of another type
    await session.update({ basket });
    // @ts-expect-error the data is read, not assigned
    session.data = updated;
  }
}

@Controller()
@UseGuards(SessionGuard)
export class AccountController {
  @Get('account')
  account(@GuardedSession() session: GuardedSession<Shop>) {
    same<Shop>()(session.data);
    same<string>()(session.id);
    same<Date>()(session.createdAt);
    same<Date>()(session.renewedAt);
    same<SessionClient>()(session.client);
    same<SessionDevice>()(session.device);
    same<string | undefined>()(session.userId);
    const current: CurrentSession<Shop> = session;
    // @ts-expect-error a session that may not exist
    const guarded: GuardedSession<Shop> = current;
    return guarded;
  }
}

export async function finds(request: object) {
  same<CurrentSession<Shop>>()(await getCurrentSession<Shop>(request));
}

const schema = z.object({ userId: z.string(), basket: z.array(z.string()) });

export async function infers() {
  const sessions = await init({ storagePath: ':memory:', schema });
  same<SessionManager<Shop>>()(sessions);
  await init<Shop>({ schema, userId: (data) => data.userId });
  // @ts-expect-error a schema of other data
  await init<{ visits: number }>({ schema });
  // @ts-expect-error names of connections are for the module
  const options: InitOptions = { connection: 'default' };
  return options;
}

export class Options implements SessionsOptionsFactory {
  createSessionsOptions(): SessionsModuleOptions<Shop> {
    return { userId: ({ userId }) => userId, cookie: { sameSite: 'strict' }, cleanup: false };
  }
}

SessionsModule.forRoot({ connection: 'default', isGlobal: false, rolling: true });
SessionsModule.forRootAsync({ useClass: Options, connection: 'default' });
SessionsModule.forRootAsync({ useFactory: async () => ({ expireTime: 1000 }) });
// @ts-expect-error a number of milliseconds
SessionsModule.forRoot({ expireTime: '1d' });
// @ts-expect-error an option that there is not
SessionsModule.forRoot({ secret: 'cat' });
// @ts-expect-error what no factory can return
SessionsModule.forRootAsync({ useFactory: () => ({ connection: 1, expireTime: '1d' }) });

SessionSocketsModule.forRoot({ csrf: { trustedOrigins: ['https://app.example'] } });
// @ts-expect-error an option that there is not
SessionSocketsModule.forRoot({ origins: [] });

export function stores(sessions: SessionManager<Shop>) {
  const store = new SessionManagerStore(sessions, { secret: 'a secret of 32 characters or more' });
  same<string>()(store.tokenFor('an id'));
  // @ts-expect-error an option that there is not
  return new SessionManagerStore(sessions, { secret: 'cat', ttl: 1 });
}

export async function tests(builder: TestingModuleBuilder, app: INestApplication) {
  const clock = new TestClock(new Date());
  same<TestingModuleBuilder>()(overrideSessionsOptions(builder, { clock, rolling: true }));
  // @ts-expect-error what decides the imports of the module
  overrideSessionsOptions(builder, { connection: 'default' });
  const ann = await signIn<Shop>(app, { userId: 'ann', basket: [] }, { expireTime: 1000 });
  same<string>()(ann.cookie);
  // @ts-expect-error data of another type
  await signIn<Shop>(app, { userId: 'ann' });
  const response = await fetch('http://127.0.0.1', { headers: ann.headers });
  same<SessionRecord<Shop> | undefined>()(await getStartedSession<Shop>(app, response));
}

@Controller()
@ApiSession()
export class DocumentedController {
  @Get('visitor')
  @ApiSession('optional', 'start')
  visitor() {}

  @Post('visitor')
  // @ts-expect-error a use that there is not
  @ApiSession('write')
  write() {}
}

interface OpenApi {
  openapi: string;
  paths: Record<string, object>;
}

export function documents(app: INestApplication, document: OpenApi) {
  same<OpenApi>()(documentSessions(app, document));
  // @ts-expect-error no document
  documentSessions(app, { openapi: '3.0.0' });
}
