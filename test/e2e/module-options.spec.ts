import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  getSessionsOptionsToken,
  SessionManager,
  SessionsConfigurationError,
  SessionsModule,
  type SessionsModuleOptions,
  type SessionsOptionsFactory,
} from 'nestjs-server-sessions';
import {
  ADAPTERS,
  startApp,
  startError,
  type TestApp,
  type TestAppOptions,
} from '../support/applications/applications.js';

const HOUR = 60 * 60 * 1000;

/** The settings of an application. */
@Injectable()
class Settings {
  readonly sessionTime = 3 * HOUR;
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class SessionsSettings implements SessionsOptionsFactory {
  constructor(@Inject(Settings) private readonly settings: Settings) {}

  createSessionsOptions(): SessionsModuleOptions {
    return { storagePath: ':memory:', expireTime: this.settings.sessionTime };
  }
}

@Module({
  imports: [SettingsModule],
  providers: [SessionsSettings],
  exports: [SessionsSettings],
})
class SessionsSettingsModule {}

let app: TestApp | undefined;

const start = async (options: TestAppOptions) => {
  app = await startApp(ADAPTERS[0]!, options);
  return app;
};
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const lifetimeIn = async ({ manager }: TestApp) => {
  const { createdAt, expiresAt } = await manager.inspectSession(await manager.createSession());
  return expiresAt.getTime() - createdAt.getTime();
};

describe('forRoot', () => {
  it('forRoot takes the options', async () => {
    const sessions = SessionsModule.forRoot({ storagePath: ':memory:', expireTime: 2 * HOUR });
    expect(await lifetimeIn(await start({ sessions }))).toBe(2 * HOUR);
  });
});

describe('forRootAsync', () => {
  it.each<[string, DynamicModule]>([
    [
      'a factory, with what it injects from what is imported',
      SessionsModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async ({ sessionTime }: Settings) => ({
          storagePath: ':memory:',
          expireTime: sessionTime,
        }),
      }),
    ],
    [
      'a class',
      SessionsModule.forRootAsync({ imports: [SettingsModule], useClass: SessionsSettings }),
    ],
    [
      'an existing provider',
      SessionsModule.forRootAsync({
        imports: [SessionsSettingsModule],
        useExisting: SessionsSettings,
      }),
    ],
  ])('forRootAsync takes the options from %s', async (_, sessions) => {
    expect(await lifetimeIn(await start({ sessions }))).toBe(3 * HOUR);
  });

  it('forRootAsync calls the factory once', async () => {
    let calls = 0;
    const useFactory = () => {
      calls++;
      return { storagePath: ':memory:' };
    };
    await start({ sessions: SessionsModule.forRootAsync({ useFactory }) });
    expect(calls).toBe(1);
  });

  it('forRootAsync refuses wrong options of a factory at start', async () => {
    const useFactory = () => ({ expireTime: -1 });
    const error = await startError(() =>
      start({ sessions: SessionsModule.forRootAsync({ useFactory }) }),
    );
    expect(error).toBeInstanceOf(SessionsConfigurationError);
  });

  it('forRootAsync refuses a connection from a factory and says where it belongs', async () => {
    const useFactory = () => ({ connection: 'default' }) as SessionsModuleOptions;
    const error = await startError(() =>
      start({ sessions: SessionsModule.forRootAsync({ useFactory }) }),
    );
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect(String(error)).toMatch(/connection.*forRootAsync\(\) itself/);
  });
});

describe('isGlobal', () => {
  @Injectable()
  class Accounts {
    constructor(@Inject(SessionManager) readonly sessions: SessionManager) {}
  }

  @Module({ providers: [Accounts] })
  class AccountsModule {}

  it('isGlobal lets every module inject SessionManager', async () => {
    const { app: nest, manager } = await start({ imports: [AccountsModule] });
    expect(nest.get(Accounts, { strict: false }).sessions).toBe(manager);
  });

  it('with isGlobal: false only importing modules can inject SessionManager', async () => {
    const sessions = SessionsModule.forRoot({ storagePath: ':memory:', isGlobal: false });
    const error = await startError(() => start({ sessions, imports: [AccountsModule] }));
    expect(String(error)).toContain('SessionManager');

    @Module({ imports: [sessions], providers: [Accounts] })
    class ImportingModule {}
    const { app: nest, manager } = await start({ sessions, imports: [ImportingModule] });
    expect(nest.get(Accounts, { strict: false }).sessions).toBe(manager);
  });
});

describe('getSessionsOptionsToken', () => {
  it.each<[string, DynamicModule]>([
    ['forRoot', SessionsModule.forRoot({ storagePath: './package.json/sessions.sqlite' })],
    [
      'forRootAsync',
      SessionsModule.forRootAsync({ useFactory: () => Promise.reject(new Error('called')) }),
    ],
  ])('getSessionsOptionsToken lets a test override the options of %s', async (_, sessions) => {
    const testing = await Test.createTestingModule({ imports: [sessions] })
      .overrideProvider(getSessionsOptionsToken())
      .useValue({ storagePath: ':memory:', userId: () => 'overridden' })
      .compile();
    const manager = testing.get(SessionManager);
    const { userId } = await manager.inspectSession(await manager.createSession());
    expect(userId).toBe('overridden');
    await testing.close();
  });
});
