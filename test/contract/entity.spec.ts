import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionEntity } from 'nestjs-server-sessions';
import { DataTypes, type Model, type ModelStatic } from 'sequelize';
import {
  describeDatabases,
  embeddedFile,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

describeDatabases((database) => {
  let sessions: TestSessions;
  let hash: string;

  beforeEach(async () => {
    sessions = await openSessions(database);
    await sessions.manager.createSession({ userId: 'ada' }, { client: { ip: '::1' } });
    const [row] = await sessions.select(`SELECT secret_hash FROM ${sessions.tableName}`);
    hash = row!['secret_hash'] as string;
  });
  afterEach(() => sessions.close());

  /** Returns a value in all usual forms of output. */
  const shown = (value: unknown) =>
    [
      JSON.stringify(value),
      inspect(value, { depth: 10 }),
      inspect(value, { depth: 10, showHidden: true }),
      String(value),
    ].join('\n');

  describe('SessionEntity', () => {
    it('SessionEntity reads the rows of the table, with times as numbers', async () => {
      const [session] = await SessionEntity.findAll({ where: { userId: 'ada' } });
      expect(session).toMatchObject({
        userId: 'ada',
        data: '{"userId":"ada"}',
        version: 1,
        ipAddress: '::1',
        userAgent: null,
        createdAt: sessions.clock.now(),
        renewedAt: sessions.clock.now(),
        previousValidUntil: null,
      });
      expect(typeof session!.expiresAt).toBe('number');
    });

    it('the scope notEnded leaves out ended sessions', async () => {
      const token = await sessions.manager.createSession({ userId: 'bob' });
      await sessions.manager.removeSession(token);
      const ofBob = { where: { userId: 'bob' } };
      await expect(SessionEntity.count(ofBob)).resolves.toBe(1);
      await expect(SessionEntity.scope('notEnded').count(ofBob)).resolves.toBe(0);
    });

    it('SessionEntity shows no hash in JSON, inspect and string form', async () => {
      const all = await SessionEntity.findAll();
      expect(all).toHaveLength(1);
      expect(all[0]!.secretHash).toBe(hash);
      expect(shown(all[0])).toContain('ada');
      expect(shown(all[0])).not.toContain(hash);
      expect(shown(all)).not.toContain(hash);
      expect(shown({ nested: { all } })).not.toContain(hash);
    });

    it('the JSON of a model that includes SessionEntity shows no hash', async () => {
      const User: ModelStatic<Model> = sessions.sequelize.define(
        'User',
        { id: { type: DataTypes.STRING, primaryKey: true } },
        { tableName: `${sessions.tableName}_users`, timestamps: false },
      );
      User.hasMany(SessionEntity, { as: 'sessions', foreignKey: 'userId', constraints: false });
      await User.sync();
      try {
        await User.create({ id: 'ada' });
        const user = await User.findOne({ include: 'sessions' });
        expect(JSON.stringify(user)).toContain('::1');
        expect(JSON.stringify(user)).not.toContain(hash);
      } finally {
        await User.drop();
      }
    });

    it('SessionEntity reads the first connection while a second one is open', async () => {
      const path = embeddedFile.storagePath!();
      const second = await init({ storagePath: path, ...database.driver, clock: sessions.clock });
      const token = await second.createSession({ userId: 'eve' });
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow();
      await expect(SessionEntity.count({ where: { userId: 'ada' } })).resolves.toBe(1);
      await expect(SessionEntity.count({ where: { userId: 'eve' } })).resolves.toBe(0);
      await second.close();
      rmSync(dirname(path), { recursive: true });
      await expect(SessionEntity.count()).resolves.toBe(1);
      const own = await sessions.manager.createSession('still here');
      await expect(sessions.manager.retrieveSession(own)).resolves.toBe('still here');
    });

    it('SessionEntity can be used by the next connection once the first is closed', async () => {
      const first = await init({ storagePath: ':memory:', ...database.driver });
      await first.close();
      await expect(SessionEntity.count()).resolves.toBe(1);
    });
  });
});
