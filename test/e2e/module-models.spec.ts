import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import { getConnectionToken, SequelizeModule } from '@nestjs/sequelize';
import { InjectSessionModel, SessionEntity, SessionsModule } from 'nestjs-server-sessions';
import { Column, DataType, HasMany, Model, Sequelize, Table } from 'sequelize-typescript';
import {
  ADAPTERS,
  startApp,
  type TestApp,
  type TestAppOptions,
} from '../support/applications/applications.js';
import { cookieOf, secretOf } from '../support/http/responses.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

@Table
class User extends Model {
  @Column({ type: DataType.STRING, primaryKey: true })
  declare id: string;

  @HasMany(() => SessionEntity, { foreignKey: 'userId', constraints: false })
  declare sessions: SessionEntity[];
}

@Injectable()
class Statistics {
  constructor(@InjectSessionModel() readonly sessions: typeof SessionEntity) {}
}

let app: TestApp<ShopSession> | undefined;

const start = async (options: TestAppOptions<ShopSession>) => {
  app = await startApp(ADAPTERS[0]!, {
    controllers: [ShopController],
    providers: [Statistics],
    ...options,
  });
  return app;
};
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const login = async ({ http }: TestApp, name: string) =>
  (await http().post('/login').send({ name }).expect(200)).body.token as string;

describe('@InjectSessionModel()', () => {
  it('@InjectSessionModel() gives the model of the embedded table for custom queries', async () => {
    const running = await start({});
    const token = await login(running, 'ada');
    const { sessions } = running.app.get(Statistics);
    const rows = await sessions.findAll({ where: { userId: 'ada' } });
    expect(rows.map(({ id }) => id)).toEqual([token.split('.')[0]]);
    expect(rows[0]!.expiresAt - rows[0]!.createdAt).toBe(24 * 60 * 60 * 1000);
    await expect(sessions.count({ where: { userId: 'bob' } })).resolves.toBe(0);
  });

  it('@InjectSessionModel() gives rows that show no token hash', async () => {
    const running = await start({});
    const token = await login(running, 'ada');
    const [row] = await running.app.get(Statistics).sessions.findAll();
    const shown = JSON.stringify(row);
    expect(shown).toContain(token.split('.')[0]);
    expect(shown).not.toContain(row!.secretHash);
    expect(shown).not.toContain(secretOf(token));
  });

  it('@InjectSessionModel() gives each of two applications its own model', async () => {
    const running = await start({});
    const other = await startApp(ADAPTERS[0]!, { providers: [Statistics] });
    await login(running, 'ada');
    const models = [running, other].map(({ app: nest }) => nest.get(Statistics).sessions);
    expect(models[0]).not.toBe(models[1]);
    await expect(models[0]!.count()).resolves.toBe(1);
    await expect(models[1]!.count()).resolves.toBe(0);
    await other.close();
    await expect(models[0]!.count()).resolves.toBe(1);
  });
});

describe.each([
  ['with the models themselves', 'with_models', false],
  ['with repositoryMode', 'with_repositories', true],
])('a connection that loads its models by itself, %s', (_, name, repositoryMode) => {
  const connectionOf = ({ app: nest }: TestApp) =>
    nest.get<Sequelize>(getConnectionToken(name), { strict: false });

  const startWithUsers = async () => {
    const running = await start({
      imports: [
        SequelizeModule.forRoot({
          name,
          dialect: 'sqlite',
          storage: ':memory:',
          logging: false,
          autoLoadModels: true,
          synchronize: true,
          repositoryMode,
        }),
        SequelizeModule.forFeature([User, SessionEntity], name),
      ],
      sessions: SessionsModule.forRoot({ connection: name }),
    });
    const sequelize = connectionOf(running);
    const [users, sessions] = repositoryMode
      ? [sequelize.getRepository(User), sequelize.getRepository(SessionEntity)]
      : [User, SessionEntity];
    return { running, users, sessions };
  };

  it('a model that the application defined serves the sessions', async () => {
    const { running, sessions } = await startWithUsers();
    const token = await login(running, 'ada');
    await running.http().get('/me').set('Cookie', cookieOf(token)).expect(200, { name: 'ada' });
    expect(running.app.get(Statistics).sessions).toBe(sessions);
    await expect(sessions.count()).resolves.toBe(1);
  });

  it('users can be joined with their sessions', async () => {
    const { running, users, sessions } = await startWithUsers();
    await users.bulkCreate([{ id: 'ada' }, { id: 'bob' }]);
    const ids = [await login(running, 'ada'), await login(running, 'ada')].map(
      (token) => token.split('.')[0]!,
    );
    const found = await users.findAll({ include: [sessions], order: ['id'] });
    expect(found.map((user) => [user.id, user.sessions.map(({ id }) => id).toSorted()])).toEqual([
      ['ada', ids.toSorted()],
      ['bob', []],
    ]);
  });

  it('users and sessions can be removed in any order, because no constraint binds them', async () => {
    const { running, users } = await startWithUsers();
    await users.bulkCreate([{ id: 'ada' }]);
    const token = await login(running, 'ada');
    await login(running, 'nobody that the table of users knows');
    await users.destroy({ where: { id: 'ada' } });
    await running.http().get('/me').set('Cookie', cookieOf(token)).expect(200);
  });
});

describe('an application with a connection in addition to the embedded database', () => {
  @Injectable()
  class Users {
    constructor(@Inject(Sequelize) readonly sequelize: Sequelize) {}
  }

  it('the application keeps its models in its connection, apart from the sessions', async () => {
    const running = await start({
      imports: [
        SequelizeModule.forRoot({ dialect: 'sqlite', storage: ':memory:', logging: false }),
      ],
      providers: [Users, Statistics],
    });
    await login(running, 'ada');
    const { sequelize } = running.app.get(Users);
    await expect(sequelize.getQueryInterface().showAllTables()).resolves.toEqual([]);
    await expect(running.app.get(Statistics).sessions.count()).resolves.toBe(1);
  });
});
