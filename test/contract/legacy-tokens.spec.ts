import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  SessionConflictError,
  SessionExpiredError,
  SessionNotFoundError,
  type SessionEvent,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { importSession } from '../support/sessions/legacy-sessions.js';
import { listenToStatements } from '../support/databases/statement-listener.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

const HOUR = 60 * 60 * 1000;

/** What an import writes for one token. A change of this form would log out users who were imported before. */
const WELL_KNOWN = {
  token: 'f3b1c2d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d',
  id: '98c13ef3-2213-82a3-abdd-eeccfe72ed3f',
};

const MALFORMED: [string, (token: string) => unknown][] = [
  ['in an array', (token) => [token]],
  ['as a String object', (token) => new String(token)],
  ['in upper case', (token) => token.toUpperCase()],
  ['in braces', (token) => `{${token}}`],
  ['without hyphens', (token) => token.replaceAll('-', '')],
  ['with a space before it', (token) => ` ${token}`],
  ['with a newline after it', (token) => `${token}\n`],
  ['with a dot after it', (token) => `${token}.`],
  ['too short', (token) => token.slice(0, -1)],
  ['of UUID version 1', (token) => `${token.slice(0, 14)}1${token.slice(15)}`],
  ['of UUID version 7', (token) => `${token.slice(0, 14)}7${token.slice(15)}`],
  ['of another UUID variant', (token) => `${token.slice(0, 19)}c${token.slice(20)}`],
];

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database, { expireTime: HOUR, acceptLegacyTokens: true });
  });
  afterAll(() => sessions.close());

  /** Opens a manager on the same table without `acceptLegacyTokens`. */
  const withoutLegacyTokens = () =>
    sessions.another({
      connection: sessions.sequelize,
      storagePath: undefined,
      sqliteDriver: undefined,
      acceptLegacyTokens: undefined,
    });

  describe('a legacy token, with acceptLegacyTokens', () => {
    it('a legacy token opens the session that was imported for it', async () => {
      const { token, id } = await importSession(sessions, { userId: 'ann' });
      await expect(sessions.manager.inspectSession(token)).resolves.toMatchObject({
        id,
        data: { userId: 'ann' },
        userId: 'ann',
      });
    });

    it('a legacy token is looked up by a UUIDv8 hash and verified by a second hash', async () => {
      const { token, id } = WELL_KNOWN;
      await importSession(sessions, 'data', token);
      const [row] = await sessions.select(
        `SELECT secret_hash FROM ${sessions.tableName} WHERE id = '${id}'`,
      );
      expect(row).toEqual({ secret_hash: createHash('sha256').update(token).digest('base64url') });
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
    });

    it.each(TOKEN_METHODS)('a legacy token is accepted by %s', async (_, call) => {
      const { token } = await importSession(sessions, 'data');
      await call(sessions.manager, token);
      await expect(sessions.manager.retrieveSession(token)).resolves.toMatch(/data|written/);
    });

    it('a legacy token of an expired session is reported as expired', async () => {
      const { token } = await importSession(sessions, 'data');
      sessions.clock.advance(HOUR);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });

    it('a legacy token is not found if nothing was imported for it', async () => {
      await expect(sessions.manager.retrieveSession(randomUUID())).rejects.toThrow(
        SessionNotFoundError,
      );
    });

    it('the public id of an imported session opens nothing, alone or with its hash', async () => {
      const { id } = await importSession(sessions, 'data');
      const [row] = await sessions.select(
        `SELECT secret_hash FROM ${sessions.tableName} WHERE id = '${id}'`,
      );
      for (const forged of [id, `${id}.${String(row!['secret_hash'])}`]) {
        await expect(sessions.manager.retrieveSession(forged)).rejects.toThrow(
          SessionNotFoundError,
        );
      }
    });

    it.each(MALFORMED)(
      'a value that is not exactly a legacy token is not found, without SQL: %s',
      async (_, spoil) => {
        const { token } = await importSession(sessions, 'data');
        const statements = await sessions.statementsOf(async () => {
          for (const [, call] of TOKEN_METHODS) {
            await expect(call(sessions.manager, spoil(token))).rejects.toThrow(
              SessionNotFoundError,
            );
          }
          await sessions.manager.removeSession(spoil(token) as string);
        });
        expect(statements).toEqual([]);
      },
    );

    it('a legacy token ends its session', async () => {
      const { token } = await importSession(sessions, 'data');
      await sessions.manager.removeSession(token);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
    });
  });

  describe('a legacy token, without acceptLegacyTokens', () => {
    it('without acceptLegacyTokens a legacy token is not found, without SQL', async () => {
      const plain = await withoutLegacyTokens();
      const { token } = await importSession(sessions, 'data');
      const statements = await sessions.statementsOf(async () => {
        for (const [, call] of TOKEN_METHODS) {
          await expect(call(plain, token)).rejects.toThrow(SessionNotFoundError);
        }
        await plain.removeSession(token);
      });
      expect(statements).toEqual([]);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
    });
  });

  describe('a session that was imported', () => {
    it('an imported session keeps its public id when it gets a new token, without any option', async () => {
      const { token, id } = await importSession(sessions, 'data');
      const next = await sessions.manager.regenerateSession(token);
      expect(next).toMatch(new RegExp(`^${id}\\.[\\w-]{43}$`));
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      const plain = await withoutLegacyTokens();
      await expect(plain.updateSession(next, 'written')).resolves.toBe('written');
    });

    it('an imported session is ended by its public id', async () => {
      const { token, id } = await importSession(sessions, { userId: 'ann' });
      await expect(sessions.manager.removeSessionById(id, { userId: 'ann' })).resolves.toBe(1);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
    });
  });

  describe('a legacy token in its grace after a rotation', () => {
    it('a legacy token in its grace can only read, until the grace is over', async () => {
      const { manager, clock } = sessions;
      const { token } = await importSession(sessions, { visits: 1 });
      const next = await manager.regenerateSession(token, { grace: 1000 });
      await expect(manager.retrieveSession(token)).resolves.toEqual({ visits: 1 });
      for (const write of [
        () => manager.updateSession(token, (data) => void data.visits++),
        () => manager.updateSession(token, { visits: 3 }),
        () => manager.renewSession(token),
        () => manager.regenerateSession(token),
      ]) {
        await expect(write()).rejects.toThrow(SessionConflictError);
      }
      await expect(manager.retrieveSession(next)).resolves.toEqual({ visits: 1 });
      clock.advance(1000);
      for (const [, call] of TOKEN_METHODS) {
        await expect(call(manager, token)).rejects.toThrow(SessionNotFoundError);
      }
    });

    /** Returns a session whose legacy token a write has replaced, so that the row has a negative time. */
    const handedOver = async () => {
      const { manager, sequelize, tableName } = sessions;
      const { token, id } = await importSession(sessions, { visits: 1 });
      const next = await manager.regenerateSession(token, { grace: 1000 });
      await sequelize.query(
        `UPDATE ${tableName} SET previous_valid_until = -previous_valid_until WHERE id = '${id}'`,
      );
      return { token, next };
    };

    it('a legacy token in its grace can not write if its session has ended or was rotated again', async () => {
      const { manager } = sessions;
      const [ended, rotated] = [await handedOver(), await handedOver()];
      await manager.removeSession(ended.next);
      await manager.regenerateSession(rotated.next, { grace: 1000 });
      for (const { token } of [ended, rotated]) {
        await expect(manager.updateSession(token, 2)).rejects.toThrow(SessionNotFoundError);
      }
    });

    it('a legacy token that a write replaced can also write in its grace', async () => {
      const { manager, clock } = sessions;
      const { token, next } = await handedOver();
      await manager.updateSession(token, (data) => void data.visits++);
      await manager.renewSession(token);
      await expect(manager.retrieveSession(next)).resolves.toEqual({ visits: 2 });
      await expect(manager.regenerateSession(token)).rejects.toThrow(SessionConflictError);
      clock.advance(1000);
      await expect(manager.updateSession(token, 3)).rejects.toThrow(SessionNotFoundError);
      await manager.regenerateSession(next, { grace: 1000 });
      await expect(manager.updateSession(next, 3)).rejects.toThrow(SessionConflictError);
    });

    it('a legacy token can not write if its grace is over when the write is checked', async () => {
      const { manager, clock, sequelize } = sessions;
      const { token, next } = await handedOver();
      let lookups = 0;
      const stop = listenToStatements(sequelize, (text) => {
        lookups += Number(text.startsWith('SELECT'));
        if (lookups === 2) {
          stop();
          clock.advance(1000);
        }
      });
      await expect(manager.updateSession(token, 2)).rejects.toThrow(SessionConflictError);
      await expect(manager.retrieveSession(next)).resolves.toEqual({ visits: 1 });
    });

    it('a legacy token ends its session for a minute after the rotation, also after its grace', async () => {
      const { manager, clock } = sessions;
      const { token } = await importSession(sessions, 'data');
      const next = await manager.regenerateSession(token, { grace: 1000 });
      clock.advance(59_999);
      await manager.removeSession(token);
      await expect(manager.retrieveSession(next)).rejects.toThrow(SessionNotFoundError);
    });

    it('a legacy token no longer ends its session after a minute, also if a write replaced it', async () => {
      const { manager, clock } = sessions;
      const { token } = await importSession(sessions, 'data');
      const rotated = [{ token, next: await manager.regenerateSession(token, { grace: 1000 }) }];
      rotated.push(await handedOver());
      clock.advance(60_000);
      for (const { token: old, next } of rotated) {
        await manager.removeSession(old);
        await manager.retrieveSession(next);
      }
    });
  });

  it('events show the public id of a session and never its legacy token', async () => {
    const { token, id } = await importSession(sessions, { userId: 'ann' });
    const events: SessionEvent[] = [];
    const subscription = sessions.manager.events$.subscribe((event) => void events.push(event));
    await sessions.manager.updateSession(token, { userId: 'ann' });
    await sessions.manager.renewSession(token);
    await sessions.manager.removeSession(token);
    subscription.unsubscribe();
    expect(events.map(({ at: _, ...event }) => event)).toEqual([
      { type: 'updated', id },
      { type: 'renewed', id },
      { type: 'removed', id, reason: 'logout' },
    ]);
  });
});
