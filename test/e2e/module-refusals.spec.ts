import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import { SequelizeModule } from '@nestjs/sequelize';
import {
  init,
  type InitOptions,
  SessionsConfigurationError,
  SessionsModule,
  type SessionsModuleExtras,
} from 'nestjs-server-sessions';
import { ADAPTERS, startApp, startError } from '../support/applications/applications.js';
import { rejectionOf } from '../support/promises/rejection.js';

const HOUR = 60 * 60 * 1000;

it.each<[string, object]>([
  ['expireTimes', { expireTimes: HOUR }],
  ['expireTime', { expireTime: -1 }],
  ['expireTime', { expireTime: '1h' }],
  ['renewTimestamp', { renewTimestamp: Number.NaN }],
  ['touchAfter', { touchAfter: HOUR, renewTimestamp: HOUR }],
  ['absoluteTimeout', { absoluteTimeout: HOUR, expireTime: 2 * HOUR }],
  ['userId', { userId: 'userId' }],
  ['tableName', { tableName: 'sessions"; DROP TABLE x' }],
  ['timeout', { timeout: 0 }],
  ['durability', { durability: 'none' }],
  ['sqliteDriver', { sqliteDriver: 'none' }],
  ['isGlobal', { isGlobal: 'no' }],
  ['clearSiteData', { clearSiteData: 'cache' }],
  ['clearSiteData', { clearSiteData: ['cookie'] }],
  ['clearSiteData', { transports: ['bearer'], clearSiteData: ['cache'] }],
  ['csrf', { transports: ['bearer'], csrf: { trustedOrigins: [] } }],
  ['cookie', { transports: ['bearer'], cookie: {} }],
  ['storagePath', { storagePath: '' }],
  ['storagePath', { storagePath: './package.json/sessions.sqlite' }],
  ['storagePath', { storagePath: './test' }],
])('the module refuses a wrong or unknown option by its name: %s in %j', async (name, given) => {
  const error = await startError(async () =>
    startApp(ADAPTERS[0]!, {
      sessions: SessionsModule.forRoot({ storagePath: ':memory:', ...given }),
    }),
  );
  expect(error).toBeInstanceOf(SessionsConfigurationError);
  expect((error as Error).message).toContain(name);
});

it('an option beside a factory is refused, because the factory should return it', () => {
  const options = { storagePath: ':memory:', useFactory: () => ({}) };
  expect(() => SessionsModule.forRootAsync(options)).toThrow(
    'SessionsModule.forRootAsync has no option "storagePath". Known: imports, inject, useFactory,',
  );
});

it.each<[unknown, string]>([
  [{ cookie: { secure: false } }, 'init has no option "cookie"'],
  [{ expiretime: HOUR }, 'init has no option "expiretime"'],
  [null, 'The options of init() must be an object'],
  [[], 'The options of init() must be an object'],
])('init() refuses options of requests and unknown options: %j', async (given, words) => {
  const refused = await rejectionOf(init(given as InitOptions));
  expect(refused).toBeInstanceOf(SessionsConfigurationError);
  expect((refused as Error).message).toContain(words);
});

it.each<[unknown]>([[5], [null], [''], [{}], [{ dialect: 'sqlite' }]])(
  'a connection that is neither a name nor a Sequelize instance is refused: %j',
  async (connection) => {
    const options = { connection } as SessionsModuleExtras;
    const error = await startError(async () =>
      startApp(ADAPTERS[0]!, { sessions: SessionsModule.forRoot(options) }),
    );
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect((error as Error).message).toContain('connection');
  },
);

it.each([
  'sessions',
  'app:S3CRET@db/app',
  'host=db user=app password=S3CRET',
  'S3CRET',
  'postgres://app:S3CRET@db/app',
])('an unknown connection is refused and its name not shown: %s', async (connection) => {
  const error = await startError(async () =>
    startApp(ADAPTERS[0]!, { sessions: SessionsModule.forRoot({ connection }) }),
  );
  expect(error).toBeInstanceOf(SessionsConfigurationError);
  expect((error as Error).message).toContain('connection');
  expect(inspect(error)).not.toMatch(/S3CRET|'sessions'/);
});

it('a second configuration of the module is refused', async () => {
  const forRoot = () => SessionsModule.forRoot({ storagePath: ':memory:' });
  const error = await startError(() =>
    startApp(ADAPTERS[0]!, { sessions: forRoot(), imports: [forRoot()] }),
  );
  expect(error).toBeInstanceOf(SessionsConfigurationError);
  expect((error as Error).message).toContain('configured twice');
});

it.each([
  ['storagePath', ':memory:'],
  ['durability', 'full'],
  ['sqliteDriver', 'sqlite3'],
])('%s is refused beside a connection, which has its own', async (option, value) => {
  const error = await startError(() =>
    startApp(ADAPTERS[0]!, {
      imports: [
        SequelizeModule.forRoot({ dialect: 'sqlite', storage: ':memory:', logging: false }),
      ],
      sessions: SessionsModule.forRoot({ connection: 'default', [option]: value }),
    }),
  );
  expect(error).toBeInstanceOf(SessionsConfigurationError);
  expect((error as Error).message).toContain(`${option} is for the embedded database`);
});
