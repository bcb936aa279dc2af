import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import {
  SessionsConfigurationError,
  SessionStoreError,
  type InitOptions,
  type SessionManager,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const HOUR = 60 * 60 * 1000;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database, { expireTime: HOUR });
  });
  afterAll(() => sessions.close());

  describe('a new session', () => {
    it('a token consists of the public id and a secret of 43 characters', async () => {
      const token = await sessions.manager.createSession();
      const [id, secret, ...rest] = token.split('.');
      expect(id).toMatch(UUID_V7);
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(Buffer.from(secret!, 'base64url').toString('base64url')).toBe(secret);
      expect(rest).toEqual([]);
    });

    it('every new session has its own id and its own secret', async () => {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, () => sessions.manager.createSession('same')),
      );
      const parts = tokens.flatMap((token) => token.split('.'));
      expect(new Set(parts).size).toBe(100);
    });

    it('the id of a new session sorts after those of earlier milliseconds', async () => {
      const first = await sessions.manager.createSession();
      sessions.clock.advance(1);
      const second = await sessions.manager.createSession();
      expect(first < second).toBe(true);
    });

    it('all that is known of a session differs from its token', async () => {
      const now = new Date(sessions.clock.now());
      const token = await sessions.manager.createSession({ userId: 'ada' });
      await expect(sessions.manager.inspectSession(token)).resolves.toEqual({
        id: token.split('.')[0],
        data: { userId: 'ada' },
        device: 'unbound',
        userId: 'ada',
        createdAt: now,
        renewedAt: now,
        expiresAt: new Date(now.getTime() + HOUR),
        client: { ip: undefined, userAgent: undefined },
        version: 1,
      });
    });
  });

  describe.each<[string, InitOptions]>([
    ['an id that is taken', {}],
    ['an id that is taken, where logins take a transaction', { maxSessionsPerUser: 1 }],
  ])('%s', (title, options) => {
    let manager: SessionManager;
    let taken: string;

    beforeAll(async () => {
      manager = await sessions.another(options);
    });
    beforeEach(async () => {
      sessions.clock.advance(1);
      repeatRandomBytes(1);
      taken = await manager.createSession({ userId: 'ann' });
    });
    afterEach(() => void jest.restoreAllMocks());

    /** Lets the random source repeat a value several times, so that the ids of one millisecond are equal. */
    const repeatRandomBytes = (times: number) => {
      const source = jest.spyOn(globalThis.crypto, 'getRandomValues');
      for (let time = 0; time < times; time++) {
        source.mockImplementationOnce((bytes) => (bytes as Uint8Array).fill(7) as never);
      }
    };
    const allRows = () => sessions.select(`SELECT * FROM ${sessions.tableName} ORDER BY id`);

    it('a new session never overwrites one with the same id, but gets another id', async () => {
      const before = await allRows();
      repeatRandomBytes(2);
      const token = await manager.createSession({ userId: title });
      const id = token.split('.')[0];
      expect(id).not.toBe(taken.split('.')[0]);
      await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: title });
      await expect(manager.retrieveSession(taken)).resolves.toEqual({ userId: 'ann' });
      expect((await allRows()).filter((row) => row['id'] !== id)).toEqual(before);
    });

    it('creating a session fails if three ids in a row are taken, and adds none', async () => {
      const before = await allRows();
      repeatRandomBytes(3);
      await expect(manager.createSession({ userId: 'ann' })).rejects.toThrow(SessionStoreError);
      expect(await allRows()).toEqual(before);
      await expect(manager.retrieveSession(taken)).resolves.toEqual({ userId: 'ann' });
    });
  });

  describe('the client of a new session', () => {
    const clientOf = async (client: object) => {
      const token = await sessions.manager.createSession(null, { client });
      return (await sessions.manager.inspectSession(token)).client;
    };

    it('a session keeps the client that it was created for', async () => {
      const client = { ip: '2001:db8::1', userAgent: 'Mozilla/5.0 (日本; 🧺)' };
      await expect(clientOf(client)).resolves.toEqual(client);
    });

    it('client values are cut to the length of their columns', async () => {
      const { ip, userAgent } = await clientOf({
        ip: '1'.repeat(46),
        userAgent: 'ü'.repeat(100_000),
      });
      expect(ip).toBe('1'.repeat(45));
      expect(userAgent).toBe('ü'.repeat(512));
    });

    it('NUL and lone surrogates, which databases refuse, are removed from client values', async () => {
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
    ])('createSession refuses %s as a client', async (_name, client) => {
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
    ])(
      'createSession refuses unknown or invalid options without SQL: %s',
      async (_name, options) => {
        const statements = await sessions.statementsOf(() =>
          expect(sessions.manager.createSession('data', options as never)).rejects.toThrow(
            SessionsConfigurationError,
          ),
        );
        expect(statements).toEqual([]);
      },
    );
  });
});
