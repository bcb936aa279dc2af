import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { getConnectionToken, SequelizeModule } from '@nestjs/sequelize';
import { SessionManager, SessionsConfigurationError, SessionsModule } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import {
  ADAPTERS,
  startApp,
  startError,
  type TestApp,
} from '../support/applications/applications.js';
import { cookieOf } from '../support/http/responses.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

const SQLITE = { dialect: 'sqlite', storage: ':memory:', logging: false } as const;
const CONTROLLERS = { controllers: [ShopController] };

const countSessions = async (sequelize: Sequelize, table = 'server_sessions') =>
  (await sequelize.query(`SELECT * FROM ${table}`, { type: QueryTypes.SELECT })).length;

let app: TestApp<ShopSession> | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const login = async ({ http }: TestApp) => {
  const { token } = (await http().post('/login').send({ name: 'ada' }).expect(200)).body;
  await http().get('/me').set('Cookie', cookieOf(token)).expect(200, { name: 'ada' });
};

describe('a SequelizeModule connection', () => {
  it.each([
    ['the unnamed one', 'default', undefined],
    ['one by its name', 'shop', 'shop'],
  ])('%s keeps the sessions in the SequelizeModule connection', async (_, connection, name) => {
    app = await startApp(ADAPTERS[0]!, {
      ...CONTROLLERS,
      imports: [SequelizeModule.forRoot({ ...SQLITE, ...(name !== undefined && { name }) })],
      sessions: SessionsModule.forRoot({ connection }),
    });
    await login(app);
    const sequelize = app.app.get<Sequelize>(getConnectionToken(connection), { strict: false });
    expect(await countSessions(sequelize)).toBe(1);
  });

  it('forRootAsync uses the SequelizeModule connection, with the table name of its factory', async () => {
    app = await startApp(ADAPTERS[0]!, {
      ...CONTROLLERS,
      imports: [SequelizeModule.forRoot(SQLITE)],
      sessions: SessionsModule.forRootAsync({
        connection: 'default',
        useFactory: () => ({ tableName: 'visits' }),
      }),
    });
    await login(app);
    const sequelize = app.app.get<Sequelize>(getConnectionToken(), { strict: false });
    expect(await countSessions(sequelize, 'visits')).toBe(1);
  });

  it('the SequelizeModule connection can be created after the sessions module and by a factory', async () => {
    app = await startApp(ADAPTERS[0]!, {
      ...CONTROLLERS,
      sessions: SessionsModule.forRoot({ connection: 'late' }),
      imports: [
        SequelizeModule.forRootAsync({
          name: 'late',
          useFactory: async () => ({ ...SQLITE, name: 'late' }),
        }),
      ],
    });
    await login(app);
  });

  it('the module that made the connection closes it at shutdown', async () => {
    app = await startApp(ADAPTERS[0]!, {
      imports: [SequelizeModule.forRoot(SQLITE)],
      sessions: SessionsModule.forRoot({ connection: 'default' }),
    });
    const sequelize = app.app.get<Sequelize>(getConnectionToken(), { strict: false });
    await app.close();
    await expect(sequelize.query('SELECT 1')).rejects.toThrow('closed');
  });

  it('the error at start says that there is no connection of that name', async () => {
    const sessions = SessionsModule.forRoot({ connection: 'nowhere' });
    const error = await startError(() => startApp(ADAPTERS[0]!, { sessions }));
    expect(String(error)).toContain('no SequelizeModule connection with the name');
  });
});

describe('a Sequelize instance', () => {
  let sequelize: Sequelize;

  beforeEach(() => {
    sequelize = new Sequelize(SQLITE);
  });
  afterEach(() => sequelize.close());

  const start = async () => {
    app = await startApp(ADAPTERS[0]!, {
      ...CONTROLLERS,
      sessions: SessionsModule.forRoot({ connection: sequelize }),
    });
    return app;
  };

  it('a Sequelize instance keeps the sessions', async () => {
    await login(await start());
    expect(await countSessions(sequelize)).toBe(1);
  });

  it('a Sequelize instance stays open when the application closes', async () => {
    const { manager, close } = await start();
    await close();
    await expect(sequelize.query('SELECT 1')).resolves.toBeDefined();
    await expect(manager.createSession()).rejects.toThrow('closed');
  });

  it('a Sequelize instance gives the next application the sessions of the last', async () => {
    const first = await start();
    const token = await first.manager.createSession({ userId: 'ada', basket: [] });
    await first.close();
    const second = await start();
    await second.http().get('/me').set('Cookie', cookieOf(token)).expect(200, { name: 'ada' });
  });

  it('a Sequelize instance with another table of that name is refused, and the table stays', async () => {
    await sequelize.query('CREATE TABLE server_sessions (sid TEXT PRIMARY KEY)');
    const error = await startError(start);
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect(String(error)).toContain('tableName');
    const columns = await sequelize.getQueryInterface().describeTable('server_sessions');
    expect(Object.keys(columns)).toEqual(['sid']);
  });

  it('a Sequelize instance without the table is refused if synchronize is false', async () => {
    const sessions = SessionsModule.forRoot({ connection: sequelize, synchronize: false });
    const error = await startError(() => startApp(ADAPTERS[0]!, { sessions }));
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect(String(error)).toContain('does not exist');
  });
});

describe('two modules that would use one connection', () => {
  it('two modules on one connection share their sessions, like two processes', async () => {
    const sequelize = new Sequelize(SQLITE);
    const sessions = () => SessionsModule.forRoot({ connection: sequelize });
    app = await startApp(ADAPTERS[0]!, { ...CONTROLLERS, sessions: sessions() });
    const other = await startApp(ADAPTERS[0]!, { sessions: sessions() });
    const token = await other.app
      .get<SessionManager<ShopSession>>(SessionManager)
      .createSession({ userId: 'ada', basket: [] });
    await app.http().get('/me').set('Cookie', cookieOf(token)).expect(200);
    await other.close();
    await app.http().get('/me').set('Cookie', cookieOf(token)).expect(200);
    await app.close();
    await sequelize.close();
  });
});
