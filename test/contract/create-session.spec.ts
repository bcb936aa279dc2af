import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionsConfigurationError } from 'nestjs-server-sessions';
import { describeDatabases, openSessions, type TestSessions } from '../support/databases.js';

const HOUR = 60 * 60 * 1000;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database, { expireTime: HOUR });
  });
  afterAll(() => sessions.close());

  describe('a new session', () => {
    it('has a token of its public id and 43 characters of secret', async () => {
      const token = await sessions.manager.createSession();
      const [id, secret, ...rest] = token.split('.');
      expect(id).toMatch(UUID_V7);
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(Buffer.from(secret!, 'base64url').toString('base64url')).toBe(secret);
      expect(rest).toEqual([]);
    });

    it('has an id and a secret that no other has', async () => {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, () => sessions.manager.createSession('same')),
      );
      const parts = tokens.flatMap((token) => token.split('.'));
      expect(new Set(parts).size).toBe(100);
    });

    it('has an id that sorts after those of earlier milliseconds', async () => {
      const first = await sessions.manager.createSession();
      sessions.clock.advance(1);
      const second = await sessions.manager.createSession();
      expect(first < second).toBe(true);
    });

    it('is told apart from its token by all that is known of it', async () => {
      const now = new Date(sessions.clock.now());
      const token = await sessions.manager.createSession({ userId: 'ada' });
      await expect(sessions.manager.inspectSession(token)).resolves.toEqual({
        id: token.split('.')[0],
        data: { userId: 'ada' },
        userId: 'ada',
        createdAt: now,
        renewedAt: now,
        expiresAt: new Date(now.getTime() + HOUR),
        client: { ip: undefined, userAgent: undefined },
        version: 1,
      });
    });

    it('never takes the place of another', async () => {
      const before = await sessions.manager.createSession('mine');
      const after = await sessions.manager.createSession('mine');
      await expect(sessions.manager.retrieveSession(before)).resolves.toBe('mine');
      await expect(sessions.manager.retrieveSession(after)).resolves.toBe('mine');
    });
  });

  describe('the client of a new session', () => {
    const clientOf = async (client: object) => {
      const token = await sessions.manager.createSession(null, { client });
      return (await sessions.manager.inspectSession(token)).client;
    };

    it('is kept', async () => {
      const client = { ip: '2001:db8::1', userAgent: 'Mozilla/5.0 (日本; 🧺)' };
      await expect(clientOf(client)).resolves.toEqual(client);
    });

    it('is cut where it is longer than its columns', async () => {
      const { ip, userAgent } = await clientOf({
        ip: '1'.repeat(46),
        userAgent: 'ü'.repeat(100_000),
      });
      expect(ip).toBe('1'.repeat(45));
      expect(userAgent).toBe('ü'.repeat(512));
    });

    it('loses what databases refuse: NUL and halves of a character', async () => {
      const { ip, userAgent } = await clientOf({
        ip: '10.0\0.0.1',
        userAgent: `${'a'.repeat(511)}🧺`,
      });
      expect(ip).toBe('10.0.0.1');
      expect(userAgent).toBe(`${'a'.repeat(511)}\ufffd`);
    });

    it.each([
      ['an ip that is a number', { ip: 7 }],
      ['a userAgent that is an array', { userAgent: ['Mozilla'] }],
      ['null', null],
      ['a string', '127.0.0.1'],
    ])('is refused where it is %s', async (_name, client) => {
      const creation = sessions.manager.createSession(null, { client: client as never });
      await expect(creation).rejects.toThrow(SessionsConfigurationError);
    });
  });

  describe('options of a new session', () => {
    it.each([
      ['a misspelt name', { expiretime: HOUR }],
      ['no object', 'options'],
      ['null', null],
      ['a negative expireTime', { expireTime: -1 }],
      ['expireTime NaN', { expireTime: NaN }],
      ['an expireTime that is a string', { expireTime: '1000' }],
    ])('are refused without SQL: %s', async (_name, options) => {
      const statements = await sessions.statementsOf(() =>
        expect(sessions.manager.createSession('data', options as never)).rejects.toThrow(
          SessionsConfigurationError,
        ),
      );
      expect(statements).toEqual([]);
    });
  });
});
