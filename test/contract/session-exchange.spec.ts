import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SessionExchange, type SessionExchangeOptions } from 'nestjs-server-sessions/exchange';
import {
  SessionEndedError,
  SessionLimitError,
  SessionNotFoundError,
  SessionsConfigurationError,
  SessionStoreError,
  type InitOptions,
  type SessionEvent,
  type SessionManager,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  IN_MEMORY,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const SECRET = 'a secret of more than 32 characters';

describeDatabases((database) => {
  let sessions: TestSessions;
  let manager: SessionManager;

  const open = async (options: InitOptions = {}) => {
    sessions = await openSessions(database, options);
    manager = sessions.manager;
  };
  beforeEach(() => open());
  afterEach(() => sessions.close());

  /** Exchanges credentials of ann that are valid for 30 days from the start of the test on. */
  const exchangeOn = (
    of: SessionManager = manager,
    options: Partial<SessionExchangeOptions> = {},
  ): SessionExchange => {
    const expiresAt = new Date(sessions.clock.now() + 30 * DAY);
    return new SessionExchange(of, {
      secret: SECRET,
      until: new Date(sessions.clock.now() + 60 * DAY),
      verify: (key) =>
        key.startsWith('ann') ? { key, expiresAt, data: { userId: 'ann' } } : undefined,
      ...options,
    });
  };

  /** Reopens the table with other options, as after a deploy. */
  const reopen = (options: InitOptions) => sessions.another(options);

  const rows = async () => {
    const [row] = await sessions.select(`SELECT COUNT(*) AS total FROM ${sessions.tableName}`);
    return Number(row!['total']);
  };

  it('a credential is exchanged for a session with its data, and always for the same one', async () => {
    const exchange = exchangeOn();
    const token = (await exchange.tokenFor('ann 1'))!;
    await expect(manager.inspectSession(token)).resolves.toMatchObject({
      userId: 'ann',
      data: { userId: 'ann' },
      confirmedAt: undefined,
    });
    await expect(exchange.tokenFor('ann 1')).resolves.toBe(token);
    await expect(exchange.tokenFor('ann 2')).resolves.not.toBe(token);
    await expect(manager.countSessions('ann')).resolves.toBe(2);
  });

  it('50 parallel exchanges of one credential, in two processes, create one session', async () => {
    const others = IN_MEMORY.includes(database) ? [manager] : [manager, await reopen({})];
    const events: SessionEvent[] = [];
    others.forEach((each) => each.events$.subscribe((event) => void events.push(event)));
    const exchanges = [...new Set(others)].map((each) => exchangeOn(each));
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        exchanges[index % exchanges.length]!.tokenFor('ann'),
      ),
    );
    expect(new Set(tokens).size).toBe(1);
    await expect(manager.countSessions()).resolves.toBe(1);
    expect(events.map(({ type }) => type)).toEqual(['created']);
    await expect(manager.retrieveSession(tokens[0]!)).resolves.toEqual({ userId: 'ann' });
  });

  it('the holder of a logged-out credential gets the token of the ended session, and the reason', async () => {
    const exchange = exchangeOn();
    await manager.removeSession((await exchange.tokenFor('ann'))!);
    const token = (await exchange.tokenFor('ann'))!;
    await expect(manager.retrieveSession(token)).rejects.toThrow(SessionEndedError);
    await expect(manager.countSessions()).resolves.toBe(0);
  });

  it.each<[string, InitOptions['cleanup']]>([
    ['one day', { retention: DAY }],
    ['none', { retention: 0 }],
    ['no cleanup', false],
  ])(
    'a logout is not undone until the credential ends, with a retention of %s',
    async (_, cleanup) => {
      const replica = await reopen({ cleanup });
      const exchange = exchangeOn(replica);
      await replica.removeSession((await exchange.tokenFor('ann'))!);
      sessions.clock.advance(30 * DAY - 1);
      await replica.removeExpiredSessions();
      const token = (await exchange.tokenFor('ann'))!;
      await expect(replica.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      await expect(replica.countSessions()).resolves.toBe(0);
      sessions.clock.advance(1);
      await expect(exchange.tokenFor('ann')).resolves.toBeUndefined();
      await replica.removeExpiredSessions();
      await expect(rows()).resolves.toBe(1);
      sessions.clock.advance(DAY + HOUR);
      await expect(replica.removeExpiredSessions()).resolves.toBe(0);
      await expect(rows()).resolves.toBe(0);
    },
  );

  it.each<[string, (token: string) => Promise<unknown>]>([
    ['an expiry and a sweep', async () => sessions.clock.advance(2 * DAY)],
    ['removeAllSessions()', () => manager.removeAllSessions()],
    ['removeUserSessions()', () => manager.removeUserSessions('ann')],
    ['eraseUser()', () => manager.eraseUser('ann')],
    ['a rotation', (token) => manager.regenerateSession(token)],
  ])('a credential opens no session after %s', async (_, end) => {
    const exchange = exchangeOn();
    await end((await exchange.tokenFor('ann'))!);
    sessions.clock.advance(DAY + 1);
    await manager.removeExpiredSessions();
    const token = (await exchange.tokenFor('ann'))!;
    await expect(manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
  });

  it('the mark of a credential is no session of anybody', async () => {
    await exchangeOn().tokenFor('ann');
    await expect(rows()).resolves.toBe(2);
    await expect(manager.countSessions()).resolves.toBe(1);
    await expect(manager.listSessions('ann')).resolves.toHaveLength(1);
    await expect(manager.listSessions('ann', { ended: true })).resolves.toEqual([]);
    await expect(manager.removeAllSessions()).resolves.toBe(1);
    await expect(manager.removeExpiredSessions()).resolves.toBe(0);
  });

  it('nothing is exchanged if the credential is not valid, has ended, or the exchange has', async () => {
    const exchange = exchangeOn();
    for (const credential of ['', 'bob', undefined as unknown as string]) {
      await expect(exchange.tokenFor(credential)).resolves.toBeUndefined();
    }
    const over = exchangeOn(manager, { until: new Date(sessions.clock.now()) });
    await expect(over.tokenFor('ann')).resolves.toBeUndefined();
    sessions.clock.advance(30 * DAY);
    await expect(exchange.tokenFor('ann')).resolves.toBeUndefined();
    await expect(rows()).resolves.toBe(0);
  });

  it('another secret derives another token, so that no credential is a token', async () => {
    const token = (await exchangeOn().tokenFor('ann'))!;
    const other = exchangeOn(manager, { secret: `${SECRET} 2` });
    await expect(other.tokenFor('ann')).resolves.not.toBe(token);
  });

  it('an exchange keeps to the limit of sessions', async () => {
    const limited = await reopen({ maxSessionsPerUser: 1, onSessionLimit: 'reject' });
    const exchange = exchangeOn(limited);
    await exchange.tokenFor('ann 1');
    await expect(exchange.tokenFor('ann 2')).rejects.toThrow(SessionLimitError);
    await expect(rows()).resolves.toBe(2);
  });

  it('parallel exchanges of one credential get its session, also if it takes the last place', async () => {
    const limited = await reopen({ maxSessionsPerUser: 1, onSessionLimit: 'reject' });
    const exchange = exchangeOn(limited);
    const tokens = await Promise.all(Array.from({ length: 5 }, () => exchange.tokenFor('ann')));
    expect(new Set(tokens).size).toBe(1);
    await expect(limited.retrieveSession(tokens[0]!)).resolves.toEqual({ userId: 'ann' });
  });

  it('an exchange without the database fails as any call does', async () => {
    const closed = await reopen({});
    const exchange = exchangeOn(closed);
    await closed.close();
    await expect(exchange.tokenFor('ann')).rejects.toThrow(SessionStoreError);
  });

  it.each([
    [{ secret: 'short' }, 'secret must be a string of at least 32 random characters'],
    [{ until: new Date(NaN) }, 'until must be a Date'],
    [{ verify: 'ann' }, 'verify must be a function'],
    [{ retention: 1 }, 'SessionExchange options has no option "retention"'],
  ])('the options %j are refused', (options, message) => {
    expect(() => exchangeOn(manager, options as object)).toThrow(message);
  });

  it.each([
    [{ key: '' }, 'The key of a credential must be a string that is not empty. Return one from'],
    [{ key: 42 }, 'The key of a credential must be a string that is not empty. Return one from'],
    [{ expiresAt: 7 }, 'expiresAt of a credential must be a Date, got 7'],
  ])('a verifier that returns %j is refused', async (wrong, message) => {
    const verified = { key: 'a', expiresAt: new Date(0), data: {}, ...wrong };
    const exchange = exchangeOn(manager, { verify: () => verified as never });
    await expect(exchange.tokenFor('ann')).rejects.toThrow(message);
  });

  it.each([null, false, 'ann'])(
    'a verifier that returns %j instead of a credential is refused',
    async (wrong) => {
      const exchange = exchangeOn(manager, { verify: () => wrong as never });
      await expect(exchange.tokenFor('ann')).rejects.toThrow(SessionsConfigurationError);
    },
  );
});
