import { expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/sequelize';
import { SessionManager, SessionsModule } from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize } from 'sequelize';
import type { Model, ModelCtor } from 'sequelize-typescript';
import { describeUris, withOwnDatabase, type Harness } from '../support/docs/harness.js';

const quietly = (module: Type) => NestFactory.createApplicationContext(module, { logger: false });

const database: Harness = ({ load }) => {
  describeUris((server) => {
    it('sessions are kept in the database of the application', () =>
      withOwnDatabase(server, async () => {
        const { DatabaseModule } = await load<{ DatabaseModule: Type }>(server.name);
        const app = await quietly(DatabaseModule);
        try {
          await app.get(SessionManager).createSession({ userId: 1 });
          const connection = app.get<Sequelize>(getConnectionToken());
          const sql = 'SELECT user_id FROM server_sessions';
          const rows = await connection.query(sql, { type: QueryTypes.SELECT });
          expect(rows).toEqual([{ user_id: '1' }]);
        } finally {
          await app.close();
        }
      }));
  });
};

interface UserSnippet {
  readonly UsersModule: Type;
  readonly Users: Type<{ withSessions(): Promise<Model[]> }>;
  readonly User: ModelCtor;
}

const users: Harness = ({ load }) => {
  describeUris((server) => {
    it('users are found together with their sessions', () =>
      withOwnDatabase(server, async () => {
        const { UsersModule, Users, User } = await load<UserSnippet>(server.name);
        const app = await quietly(UsersModule);
        try {
          await User.sync();
          await User.create({ name: 'ann' });
          await app.get(SessionManager).createSession({ userId: 'ann' });
          await app.get(SessionManager).createSession({ userId: 'ben' });
          const found = await app.get(Users).withSessions();
          expect(found).toMatchObject([{ name: 'ann', sessions: [{ userId: 'ann' }] }]);
        } finally {
          await app.close();
        }
      }));
  });
};

const sessionCounter: Harness = ({ load }) => {
  it('live sessions are counted by the injected model', async () => {
    const { SessionCounter } = await load<{ SessionCounter: Type<{ count(): Promise<number> }> }>();
    const options = { storagePath: ':memory:' };
    @Module({ imports: [SessionsModule.forRoot(options)], providers: [SessionCounter] })
    class AppModule {}
    const app = await quietly(AppModule);
    try {
      const sessions = app.get(SessionManager);
      await sessions.createSession();
      await sessions.removeSession(await sessions.createSession());
      expect(await app.get(SessionCounter).count()).toBe(1);
    } finally {
      await app.close();
    }
  });
};

export const DATABASE_HARNESSES: Readonly<Record<string, Harness>> = {
  'database.module': database,
  'users.module': users,
  'session-counter': sessionCounter,
};
