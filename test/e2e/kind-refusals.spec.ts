import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, UseGuards, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SequelizeModule } from '@nestjs/sequelize';
import {
  defineSessions,
  SessionManager,
  SessionsConfigurationError,
  SessionsModule,
  type SessionEntity,
} from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import {
  ADAPTERS,
  describeAdapters,
  startApp,
  startError,
} from '../support/applications/applications.js';
import { Staff, staffCookie, startTwoKinds } from '../support/applications/two-kinds.js';

const SQLITE = { dialect: 'sqlite', storage: ':memory:', logging: false } as const;
const MEMORY = { storagePath: ':memory:' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kinds-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const start = (...modules: DynamicModule[]) =>
  startApp(ADAPTERS[0]!, { sessions: null, imports: modules });

const expectRefused = async (text: string, ...modules: DynamicModule[]) => {
  const error = await startError(() => start(...modules));
  expect(error).toBeInstanceOf(SessionsConfigurationError);
  expect((error as Error).message).toContain(text);
};

describe('the name of a kind', () => {
  it.each(['', 'Staff', '1st', 'my staff', 'staff_1', 'a'.repeat(33), 'é', 'a;b', '-a', 'a.d'])(
    '%j is refused',
    (name) => {
      expect(() => defineSessions(name)).toThrow(SessionsConfigurationError);
    },
  );

  it.each(['default', 'turns', 'staff-turns', 'imported', 'staff-imported'])(
    '%s is refused, since the library uses it',
    (name) => {
      expect(() => defineSessions(name)).toThrow('the library uses this name itself');
    },
  );

  it('is not a string: refused', () => {
    expect(() => defineSessions(undefined as never)).toThrow(SessionsConfigurationError);
  });

  it('can have 32 characters', async () => {
    const { Module: KindModule } = defineSessions(`a-${'b'.repeat(30)}`);
    await (await start(KindModule.forRoot(MEMORY))).close();
  });
});

describe('two kinds with one cookie are refused', () => {
  it('by its name, whatever its path', () =>
    expectRefused(
      '"id"',
      SessionsModule.forRoot({ ...MEMORY, cookie: { secure: false } }),
      Staff.Module.forRoot({ ...MEMORY, cookie: { secure: false, name: 'id', path: '/staff' } }),
    ));

  it('by the name of a cookie that was used before', () =>
    expectRefused(
      '"__Host-id"',
      SessionsModule.forRoot(MEMORY),
      Staff.Module.forRoot({
        ...MEMORY,
        cookie: { previous: [{ name: '__Host-id', until: Date.now() + 1e6 }] },
      }),
    ));

  it('by the name of a cookie that binds a session to a browser', () =>
    expectRefused(
      '"__Host-id.d"',
      SessionsModule.forRoot(MEMORY),
      Staff.Module.forRoot({ ...MEMORY, cookie: { name: '__Host-id.d' } }),
    ));
});

describe('two kinds with one table are refused', () => {
  const tableName = 'shared';

  it('in one embedded file, also by another path', async () => {
    const storagePath = join(folder, 'sessions.sqlite');
    await (await start(SessionsModule.forRoot({ storagePath, tableName }))).close();
    const link = join(folder, 'link.sqlite');
    symlinkSync(storagePath, link);
    await expectRefused(
      'the table',
      SessionsModule.forRoot({ storagePath, tableName }),
      Staff.Module.forRoot({ storagePath: link, tableName: 'SHARED' }),
    );
  });

  it('on one connection', () =>
    expectRefused(
      'the table',
      SequelizeModule.forRoot(SQLITE),
      SessionsModule.forRoot({ connection: 'default', tableName }),
      Staff.Module.forRoot({ connection: 'default', tableName }),
    ));

  it('also in an application without HTTP', async () => {
    @Module({
      imports: [
        SequelizeModule.forRoot(SQLITE),
        SessionsModule.forRoot({ connection: 'default', tableName }),
        Staff.Module.forRoot({ connection: 'default', tableName }),
      ],
    })
    class Worker {}
    await expect(
      NestFactory.createApplicationContext(Worker, { logger: false, abortOnError: false }),
    ).rejects.toThrow('the table');
  });

  it('but not in two databases', async () => {
    const app = await start(
      SessionsModule.forRoot({ ...MEMORY, tableName }),
      Staff.Module.forRoot({ ...MEMORY, tableName }),
    );
    await app.close();
  });
});

it('one kind whose module is imported twice is refused', () =>
  expectRefused(
    "defineSessions('staff')",
    Staff.Module.forRoot(MEMORY),
    Staff.Module.forRootAsync({ useFactory: () => MEMORY }),
  ));

it('forRootAsync of a kind refuses an unknown option', () => {
  expect(() => Staff.Module.forRootAsync({ useFactory: () => MEMORY, name: 'x' } as never)).toThrow(
    'name',
  );
});

describe('the tables of two kinds', () => {
  it('are in one embedded file by default, and the log names the second one', async () => {
    const storagePath = join(folder, 'sessions.sqlite');
    const app = await start(
      SessionsModule.forRoot({ storagePath }),
      Staff.Module.forRoot({ storagePath }),
    );
    const manager = app.app.get(SessionManager);
    const staff = app.app.get(Staff.Manager);
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        index % 2 === 0
          ? manager.createSession({ userId: 'ann' })
          : staff.createSession({ userId: 'bo', role: 'agent' }),
      ),
    );
    expect(await manager.countSessions()).toBe(100);
    expect(await staff.countSessions()).toBe(100);
    expect(app.logger.lines('log').join()).toContain(
      `the table server_sessions_staff of the embedded SQLite database ${storagePath}`,
    );
    await app.close();
  });

  it('have a model each on one connection, and the application can inject both', async () => {
    class Models {
      constructor(readonly staff: typeof SessionEntity) {}
    }
    Staff.InjectSessionModel()(Models, undefined, 0);
    const sequelize = new Sequelize(SQLITE);
    const app = await startApp(ADAPTERS[0]!, {
      sessions: SessionsModule.forRoot({ connection: sequelize }),
      imports: [Staff.Module.forRoot({ connection: sequelize })],
      providers: [Models],
    });
    await app.app.get(Staff.Manager).createSession({ userId: 'bo', role: 'agent' });
    expect(await app.app.get(Models).staff.count()).toBe(1);
    expect(app.app.get(Models).staff.getTableName()).toBe('server_sessions_staff');
    const count = 'SELECT COUNT(*) AS n FROM server_sessions';
    expect(await sequelize.query(count, { type: QueryTypes.SELECT })).toEqual([{ n: 0 }]);
    await app.close();
    await sequelize.close();
  });
});

describeAdapters((adapter) => {
  it('an application can have a named kind alone', async () => {
    @Controller()
    class MeController {
      @Get('me')
      @UseGuards(Staff.Guard)
      me(@Staff.Session('role') role: string): string {
        return role;
      }
    }
    const app = await startApp(adapter, {
      sessions: Staff.Module.forRoot(MEMORY),
      controllers: [MeController],
    });
    const bo = await app.app.get(Staff.Manager).createSession({ userId: 'bo', role: 'agent' });
    await app.http().get('/me').set('Cookie', staffCookie(bo)).expect(200, 'agent');
    await app.http().get('/me').expect(401);
    await app.close();
  });

  it('a route of a kind whose module is missing is a 500, and only the log says why', async () => {
    @Controller()
    class MeController {
      @Get('me')
      @UseGuards(Staff.Guard)
      me(): void {}
    }
    const app = await startApp(adapter, { controllers: [MeController] });
    const response = await app.http().get('/me');
    expect(response.body).toEqual({ statusCode: 500, message: 'Internal server error' });
    expect(app.logger.lines('error').join()).toContain("defineSessions('staff').Module.forRoot()");
    await app.close();
  });

  it('a decorator of a kind whose guard did not run is a 500, and the log names the guard', async () => {
    @Controller()
    class MeController {
      @Get('me')
      me(@Staff.Session() data: unknown): unknown {
        return data;
      }
    }
    const app = await startTwoKinds(adapter, { controllers: [MeController] });
    await app.http().get('/me').expect(500);
    expect(app.logger.lines('error').join()).toContain("Guard of defineSessions('staff')");
    await app.close();
  });
});
