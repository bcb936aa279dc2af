import fastifyCookie from '@fastify/cookie';
import { Authenticator } from '@fastify/passport';
import fastifySession from '@fastify/session';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import flash from 'connect-flash';
import session from 'express-session';
import {
  getCurrentSession,
  SessionExceptionFilter,
  SessionManager,
  SessionsModule,
  type SessionKind,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { SessionManagerStore } from 'nestjs-server-sessions/express-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import supertest from 'supertest';
import { cookiesOf } from '../http/responses.js';
import { LONG_TIMEOUT_MS } from '../databases/long-timeout.js';

const COOKIE_SECRET = 'the secret that signs the cookies';

/** An application with Passport on the store, on one of the frameworks. */
export interface PassportApp {
  readonly manager: SessionManager;
  readonly store: SessionManagerStore;
  readonly http: () => ReturnType<typeof supertest>;
  readonly browser: () => ReturnType<typeof supertest.agent>;
  readonly close: () => Promise<void>;
}

/** Options of the library that makes the sessions. */
export interface PassportAppOptions {
  readonly sessions?: SessionsModuleOptions;
  /** The kind of the sessions, beside that of `SessionsModule` with its defaults. */
  readonly kind?: SessionKind;
  /** Whether each request first looks for a session of this kind, as docs/passport.md shows. */
  readonly checksOrigin?: boolean;
  readonly maxAge?: number;
  readonly resave?: boolean;
  readonly rolling?: boolean;
  readonly saveUninitialized?: boolean;
  /** What happens if a request of Express removes `req.session`. */
  readonly unset?: 'destroy' | 'keep';
  /** Generates the ids of sessions. */
  readonly genid?: () => string;
  /** Runs in `GET /act` with the session of the request, and the request. */
  readonly act?: (session: any, request: any) => unknown;
}

/** A strategy that knows one password. */
const localStrategy = () =>
  new Strategy((username, password, done) =>
    done(null, password === 'right' && { id: username }, {
      type: 'error',
      message: 'Wrong password',
    } as object as { message: string }),
  );

async function moduleOf({ sessions = {}, kind }: PassportAppOptions) {
  const memory = { storagePath: ':memory:', timeout: LONG_TIMEOUT_MS };
  const options: SessionsModuleOptions = {
    ...memory,
    userId: (data) => data?.passport?.user ?? data?.userId ?? null,
    ...sessions,
  };
  @Module({
    imports: kind
      ? [SessionsModule.forRoot(memory), kind.Module.forRoot(options)]
      : [SessionsModule.forRoot(options)],
  })
  class AppModule {}
  return AppModule;
}

/** Refuses an unsafe request of another origin. */
const checkOriginOf = ({ kind }: PassportAppOptions) =>
  kind ? (request: object) => kind.getCurrentSession(request) : getCurrentSession;

const storeOf = (manager: SessionManager) =>
  new SessionManagerStore(manager, { secret: 'the secret of the store, of 32 or more' });

/** Express with express-session, Passport 0.7, passport-local and connect-flash. */
async function startExpress(options: PassportAppOptions): Promise<PassportApp> {
  const { maxAge, resave = false, rolling = false, saveUninitialized = false, act } = options;
  const { unset = 'keep', genid } = options;
  const app = await NestFactory.create<NestExpressApplication>(await moduleOf(options), {
    logger: false,
  });
  app.useGlobalFilters(new SessionExceptionFilter());
  const manager = app.get<SessionManager>(options.kind?.Manager ?? SessionManager);
  const store = storeOf(manager);
  if (options.checksOrigin) {
    app.use((request: object, _: unknown, next: (error?: unknown) => void) => {
      checkOriginOf(options)(request).then(() => next(), next);
    });
  }
  app.use(
    session({
      store,
      secret: COOKIE_SECRET,
      resave,
      rolling,
      saveUninitialized,
      unset,
      ...(genid && { genid }),
      cookie: maxAge === undefined ? {} : { maxAge },
    }),
  );
  const authenticator = new passport.Passport();
  authenticator.use(localStrategy());
  authenticator.serializeUser((user: any, done) => done(null, user.id));
  authenticator.deserializeUser((id: string, done) => done(null, { id }));
  app.use(flash());
  app.use(authenticator.session());
  const server = app.getHttpAdapter();
  app.useBodyParser('urlencoded');
  server.post(
    '/login',
    authenticator.authenticate('local', {
      successRedirect: '/me',
      failureRedirect: '/failed',
      failureFlash: true,
    }),
  );
  server.get('/failed', (req: any, res: any) => res.json(req.flash('error')));
  server.post('/logout', (req: any, res: any, next: any) =>
    req.logout((error: unknown) => (error ? next(error) : res.json('bye'))),
  );
  server.get('/me', (req: any, res: any) => res.json({ user: req.user?.id ?? null }));
  server.get('/act', async (req: any, res: any, next: any) => {
    try {
      res.json((await act?.(req.session, req)) ?? null);
    } catch (error) {
      next(error);
    }
  });
  await app.listen(0, '127.0.0.1');
  return clientsOf(app, manager, store);
}

/** Fastify with @fastify/session, @fastify/passport and passport-local. */
async function startFastify(options: PassportAppOptions): Promise<PassportApp> {
  const { maxAge, rolling = false, saveUninitialized = false, genid, act } = options;
  const app = await NestFactory.create<NestFastifyApplication>(
    await moduleOf(options),
    new FastifyAdapter(),
    { logger: false },
  );
  app.useGlobalFilters(new SessionExceptionFilter());
  const manager = app.get<SessionManager>(options.kind?.Manager ?? SessionManager);
  const store = storeOf(manager);
  const authenticator = new Authenticator();
  authenticator.use('local', localStrategy() as any);
  authenticator.registerUserSerializer(async (user: any) => ({ user: user.id }));
  authenticator.registerUserDeserializer(async ({ user }: any) => ({ id: user }));
  if (options.checksOrigin) {
    const server = app.getHttpAdapter().getInstance() as any;
    server.addHook(
      'preValidation',
      async (request: object) => void (await checkOriginOf(options)(request)),
    );
  }
  await app.register(fastifyCookie as any);
  await app.register(fastifySession as any, {
    store,
    secret: COOKIE_SECRET,
    rolling,
    saveUninitialized,
    ...(genid && { idGenerator: genid }),
    cookie: { secure: false, ...(maxAge !== undefined && { maxAge }) },
  });
  await app.register(authenticator.initialize() as any);
  await app.register(authenticator.secureSession() as any);
  const fastify = app.getHttpAdapter().getInstance() as any;
  const preValidation = authenticator.authenticate('local', {
    successRedirect: '/me',
    failureRedirect: '/failed',
    failureFlash: true,
  });
  fastify.post('/login', { preValidation }, () => {});
  fastify.get('/failed', async (_: any, reply: any) => reply.flash('error'));
  fastify.post('/logout', async (request: any) => {
    await request.logout();
    return JSON.stringify('bye');
  });
  fastify.get('/me', async (request: any) => ({ user: request.user?.id ?? null }));
  fastify.get('/act', async (request: any, reply: any) => {
    const result = (await act?.(request.session, request)) ?? null;
    return reply.type('application/json').send(JSON.stringify(result));
  });
  await app.listen(0, '127.0.0.1');
  return clientsOf(app, manager, store);
}

function clientsOf(
  app: NestExpressApplication | NestFastifyApplication,
  manager: SessionManager,
  store: SessionManagerStore,
): PassportApp {
  return {
    manager,
    store,
    http: () => supertest(app.getHttpServer()),
    browser: () => supertest.agent(app.getHttpServer()),
    close: () => app.close(),
  };
}

/** How an application with Passport is started, by the name of the framework. */
export const PASSPORT_APPS: Readonly<
  Record<'Express' | 'Fastify', (options?: PassportAppOptions) => Promise<PassportApp>>
> = {
  Express: (options = {}) => startExpress(options),
  Fastify: (options = {}) => startFastify(options),
};

/** Returns the id of the session in a response's cookie, without its signature. */
export const sidOf = (response: supertest.Response): string =>
  /=(?:s(?:%3A|:))?([\w-]{32})/.exec(cookiesOf(response)[0]!)![1]!;
