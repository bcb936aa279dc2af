import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import request from 'supertest';
import { SessionManager, SessionsModule, SessionStoreError } from 'nestjs-server-sessions';
import {
  ADAPTERS,
  describeAdapters,
  startApp,
  type TestApp,
  type TestAppOptions,
} from '../support/applications/applications.js';
import { cookieOf, expectRefusal } from '../support/http/responses.js';
import { compileLibrary, type CompiledLibrary } from '../support/processes/compiled-library.js';
import { ShopController } from '../support/applications/shop.controller.js';

const PROGRAM = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionManager, SessionsModule } from 'nestjs-server-sessions';

class AppModule {}
`;

const MODULE = `Module({ imports: [SessionsModule.forRoot()] })(AppModule);`;

describeAdapters((adapter) => {
  it('the application closes the embedded database, which then refuses calls', async () => {
    const { manager, connection, close } = await startApp(adapter);
    const token = await manager.createSession();
    await close();
    await expect(connection.query('SELECT 1')).rejects.toThrow('closed');
    await expect(manager.retrieveSession(token)).rejects.toThrow(SessionStoreError);
  });

  it('two applications in one process do not share sessions', async () => {
    const one = await startApp(adapter, { controllers: [ShopController] });
    const other = await startApp(adapter, { controllers: [ShopController] });
    const { token } = (await one.http().post('/login').send({ name: 'ada' }).expect(200)).body;
    await one.http().get('/me').set('Cookie', cookieOf(token)).expect(200);
    expectRefusal(
      await other.http().get('/me').set('Cookie', cookieOf(token)),
      'SESSION_NOT_FOUND',
    );
    await other.close();
    await one.http().get('/me').set('Cookie', cookieOf(token)).expect(200);
    await one.close();
  });

  it('the log says that two copies of the package are loaded', async () => {
    const app = await startApp(adapter, { controllers: [ShopController] });
    // What another copy puts there is no instance of a class of this one.
    const server = app.app.getHttpAdapter().getInstance() as Record<symbol, unknown>;
    server[Symbol.for('nestjs-server-sessions')] = {};
    const answer = await app.http().get('/me');
    expect(answer.body).toEqual({ statusCode: 500, message: 'Internal server error' });
    expect(app.logger.lines('error').join()).toContain('npm ls nestjs-server-sessions');
    await app.close();
  });

  it('only the log says that the module is missing', async () => {
    const app = await startApp(adapter, { controllers: [ShopController], sessions: null });
    for (const path of ['/me', '/visitor']) {
      const answer = await app.http().get(path);
      expect(answer.status).toBe(500);
      expect(answer.body).toEqual({ statusCode: 500, message: 'Internal server error' });
    }
    const lines = app.logger.lines('error');
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.includes('SessionsModule.forRoot()'))).toBe(true);
    await app.http().get('/open').expect(200);
    await app.close();
  });
});

describe('several applications on one server of Express', () => {
  const startOn = (server: object, metadata: TestAppOptions = {}) =>
    startApp(ADAPTERS[0]!, {
      http: new ExpressAdapter(server),
      controllers: [ShopController],
      ...metadata,
    });
  const expectServed = async (app: TestApp) => {
    const { token } = (await app.http().post('/login').send({ name: 'ada' }).expect(200)).body;
    await app.http().get('/me').set('Cookie', cookieOf(token)).expect(200);
    await app.close();
  };

  it('an application can be created again after one that failed to start', async () => {
    const server = new ExpressAdapter().getInstance<object>();
    const broken = {
      provide: 'broken',
      useValue: {
        onModuleInit() {
          throw new Error('broken');
        },
      },
    };
    await expect(startOn(server, { providers: [broken] })).rejects.toThrow('broken');
    await expectServed(await startOn(server));
  });

  it('an application can be created again after one that was closed', async () => {
    const server = new ExpressAdapter().getInstance<object>();
    const closed = await startOn(server);
    await closed.close();
    await expectServed(await startOn(server));
  });

  it('a second application is refused as long as the first is open, even if that does not listen itself', async () => {
    const server = new ExpressAdapter().getInstance<object>();
    const module = { imports: [SessionsModule.forRoot({ storagePath: ':memory:' })] };
    const create = () => {
      @Module(module)
      class AppModule {}
      return NestFactory.create(AppModule, new ExpressAdapter(server), { logger: false });
    };
    const first = await create();
    await first.init();
    const second = await create();
    await expect(second.init()).rejects.toThrow('configured twice');
    await first.close();
  });

  it('two applications that start at the same time on one server are both refused, and open no route', async () => {
    const server = new ExpressAdapter().getInstance<object>();
    const create = () => {
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [ShopController],
      })
      class AppModule {}
      return NestFactory.create(AppModule, new ExpressAdapter(server), {
        logger: false,
        abortOnError: false,
      });
    };
    const [first, second] = [await create(), await create()];
    const starts = [first.init(), second.init()];
    for (const start of starts) {
      await expect(start).rejects.toThrow('two applications on the same server');
    }
    const token = await second.get(SessionManager).createSession({ name: 'ada' });
    await request(server as never)
      .get('/me')
      .set('Cookie', cookieOf(token))
      .expect(500);
    await Promise.all([first.close(), second.close()]);
  });

  it('a second application is refused as long as the first listens', async () => {
    const server = new ExpressAdapter().getInstance<object>();
    const first = await startOn(server);
    await expect(startOn(server)).rejects.toThrow('configured twice');
    await expectServed(first);
  });
});

describe('an application without HTTP', () => {
  it('an application without HTTP has a manager, which works until it is closed', async () => {
    @Module({ imports: [SessionsModule.forRoot({ storagePath: ':memory:' })] })
    class WorkerModule {}

    const worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
    const manager = worker.get(SessionManager);
    const token = await manager.createSession({ jobs: 1 });
    await expect(manager.retrieveSession(token)).resolves.toEqual({ jobs: 1 });
    await worker.close();
    await expect(manager.retrieveSession(token)).rejects.toThrow(SessionStoreError);
  });
});

describe('an application that fails to start', () => {
  it('an application that fails to start leaves nothing that disturbs the next one', async () => {
    const failing = { provide: 'broken', useFactory: () => Promise.reject(new Error('broken')) };
    await expect(startApp(ADAPTERS[0]!, { providers: [failing] })).rejects.toThrow('broken');
    const app = await startApp(ADAPTERS[0]!);
    await expect(app.manager.createSession()).resolves.toEqual(expect.any(String));
    await app.close();
  });
});

describe('a separate process', () => {
  let library: CompiledLibrary;

  beforeAll(() => {
    library = compileLibrary();
  });
  afterAll(() => library.remove());

  it('the process exits once its application is closed', async () => {
    const result = await library.run(`${PROGRAM} ${MODULE}
      const app = await NestFactory.create(AppModule, { logger: false });
      await app.listen(0);
      await app.get(SessionManager).createSession();
      await app.close();
      process.stdout.write('closed');
    `);
    expect(result).toEqual({ code: 0, signal: null, output: 'closed' });
  });

  it('the process exits without an HTTP server too', async () => {
    const result = await library.run(`${PROGRAM} ${MODULE}
      const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
      await app.get(SessionManager).createSession();
      await app.close();
      process.stdout.write('closed');
    `);
    expect(result).toEqual({ code: 0, signal: null, output: 'closed' });
  });

  it('sessions are kept in ./sessions.sqlite by default, readable for its own user only', async () => {
    await library.run(`${PROGRAM} ${MODULE}
      await (await NestFactory.createApplicationContext(AppModule, { logger: false })).close();
    `);
    expect(statSync(join(library.folder, 'sessions.sqlite')).mode & 0o777).toBe(0o600);
    const beside = readdirSync(library.folder).filter((name) => name.startsWith('sessions.sqlite'));
    expect(beside).toEqual(['sessions.sqlite']);
  });

  it('the application finds its sessions again after SIGTERM', async () => {
    const result = await library.run(`${PROGRAM}
      Module({ imports: [SessionsModule.forRoot({ storagePath: 'term.sqlite' })] })(AppModule);
      const app = await NestFactory.create(AppModule, { logger: false });
      app.enableShutdownHooks();
      await app.listen(0);
      process.stdout.write(await app.get(SessionManager).createSession('kept'));
      process.kill(process.pid, 'SIGTERM');
    `);
    expect(result).toMatchObject({ signal: 'SIGTERM' });
    const storagePath = join(library.folder, 'term.sqlite');
    expect(existsSync(`${storagePath}-wal`)).toBe(false);
    const app = await startApp(ADAPTERS[0]!, { sessions: SessionsModule.forRoot({ storagePath }) });
    await expect(app.manager.retrieveSession(result.output)).resolves.toBe('kept');
    await app.close();
  });

  it('a storagePath that can not be written fails at start', async () => {
    const result = await library.run(`${PROGRAM}
      const sessions = SessionsModule.forRoot({ storagePath: '/proc/nowhere/sessions.sqlite' });
      Module({ imports: [sessions] })(AppModule);
      await NestFactory.create(AppModule, { logger: false, abortOnError: false }).catch((error) => {
        process.stdout.write(error.message);
      });
    `);
    expect(result.output).toContain('storagePath "/proc/nowhere/sessions.sqlite"');
    expect(result.code).toBe(0);
  });
});
