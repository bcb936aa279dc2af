import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionNotFoundError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { secretOf } from '../support/http/responses.js';
import { listenToStatements } from '../support/databases/statement-listener.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database);
  });
  afterAll(() => sessions.close());

  const rowOf = async (token: string): Promise<Record<string, unknown>> => {
    const { id } = await sessions.manager.inspectSession(token);
    const [row] = await sessions.select(`SELECT * FROM ${sessions.tableName} WHERE id = '${id}'`);
    return row!;
  };

  const everythingSentBy = async (work: () => Promise<unknown>): Promise<string> => {
    const sent: string[] = [];
    const stop = listenToStatements(sessions.sequelize, (text, values) => {
      sent.push(text, inspect(values));
    });
    await work();
    stop();
    return sent.join('\n');
  };

  describe('the secret of a token', () => {
    it('the row holds the SHA-256 of the secret and not the secret', async () => {
      const token = await sessions.manager.createSession({ userId: 'ada' });
      const row = await rowOf(token);
      expect(JSON.stringify(row)).not.toContain(secretOf(token));
      expect(row['secret_hash']).toBe(
        createHash('sha256').update(secretOf(token)).digest('base64url'),
      );
    });

    it('no statement and no parameter contains the secret', async () => {
      let token!: string;
      const sent = await everythingSentBy(async () => {
        token = await sessions.manager.createSession('data');
        for (const [, call] of TOKEN_METHODS) {
          await call(sessions.manager, token);
        }
        await sessions.manager.removeSession(token);
      });
      expect(sent).toContain(token.split('.')[0]);
      expect(sent).not.toContain(secretOf(token));
    });

    it('no secret matches a hash of another length', async () => {
      const token = await sessions.manager.createSession('data');
      const { id } = await rowOf(token);
      await sessions.sequelize.query(
        `UPDATE ${sessions.tableName} SET secret_hash = 'short' WHERE id = '${String(id)}'`,
      );
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
    });

    it('the stored hash opens no session', async () => {
      const token = await sessions.manager.createSession('data');
      const row = await rowOf(token);
      const forged = [row['id'], row['secret_hash']].join('.');
      await expect(sessions.manager.retrieveSession(forged)).rejects.toThrow(SessionNotFoundError);
    });
  });
});
