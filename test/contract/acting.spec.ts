import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionActingError, SessionsModule, type SessionEvent } from 'nestjs-server-sessions';
import type { SessionsModuleOptions } from 'nestjs-server-sessions';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import {
  SupportDeskController,
  type DeskData,
} from '../support/applications/support-desk.controller.js';
import {
  describeDatabases,
  openSessions,
  type TestDatabase,
  type TestSessions,
} from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { cookieOf, expectRefusal } from '../support/http/responses.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Races of each pair, on each database. */
const RACES = 4;

/** Links of agents' sessions that are not ids, as SQL. */
const DAMAGED_LINKS = [
  { name: 'empty', sql: "''" },
  { name: 'no id', sql: "'x'" },
  { name: 'invalid UTF-8', sql: "CAST(x'ff' AS TEXT)", onSqlite: true },
  { name: 'too long', sql: "printf('%05000d', 0)", onSqlite: true },
  { name: 'binary', sql: "x'30'", onSqlite: true },
];

const idOf = (token: string) => token.split('.')[0]!;

/** A support desk on a table, beside a manager with connections of its own. */
class Desk {
  readonly events: SessionEvent[] = [];
  sessions!: TestSessions<DeskData>;
  app!: TestApp<DeskData>;

  async open(database: TestDatabase, options: SessionsModuleOptions<DeskData> = {}): Promise<void> {
    this.sessions = await openSessions(database, { expireTime: HOUR, ...options });
    const { sequelize, tableName, clock } = this.sessions;
    this.app = await startApp(ADAPTERS[0]!, {
      controllers: [SupportDeskController],
      sessions: SessionsModule.forRoot({
        connection: sequelize,
        tableName,
        clock,
        expireTime: HOUR,
        timeout: LONG_TIMEOUT_MS,
        ...options,
      }),
    });
    for (const manager of [this.app.manager, this.manager]) {
      manager.events$.subscribe((event) => void this.events.push(event));
    }
  }

  get manager() {
    return this.sessions.manager;
  }

  post(path: string, token: string) {
    return this.app.http().post(path).set('Cookie', cookieOf(token));
  }

  /** Logs an agent in. */
  agent(userId = 'agent') {
    return this.manager.createSession({ userId });
  }

  /** Lets an agent act as a customer, and returns the new token. */
  async actAs(agent: string, customer = 'ann'): Promise<string> {
    const { body } = await this.post(`/act-as/${customer}`, agent).expect(200);
    return body.token as string;
  }

  /** Whether a token opens a session. */
  opens(token: string): Promise<boolean> {
    return this.manager.retrieveSession(token).then(
      () => true,
      () => false,
    );
  }

  /** The events of the ends of a session. */
  endsOf(token: string): SessionEvent[] {
    const ends = ['removed', 'evicted', 'expired'];
    return this.events.filter(
      (event) => ends.includes(event.type) && 'id' in event && event.id === idOf(token),
    );
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.sessions.close();
  }
}

describe('an agent who acts as another user', () => {
  describeDatabases((database) => {
    let desk: Desk;
    beforeEach(() => {
      desk = new Desk();
    });
    afterEach(() => desk.close());

    it('the agent gets a session of the user that names the agent, and the old token opens nothing', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      const acting = await desk.actAs(agent);
      const record = await desk.manager.inspectSession(acting);
      expect(record).toMatchObject({
        data: { userId: 'ann' },
        userId: 'ann',
        actor: { userId: 'agent', sessionId: idOf(agent) },
        confirmedAt: undefined,
        client: { ip: undefined, userAgent: undefined },
      });
      expect(record.expiresAt.getTime()).toBe(desk.sessions.clock.now() + 15 * MINUTE);
      await expect(desk.manager.retrieveSession(agent)).rejects.toThrow('no session');
      expect(desk.events.slice(1)).toMatchObject([
        { type: 'created', id: idOf(acting), userId: 'ann', actorId: 'agent' },
        { type: 'regenerated', id: idOf(agent) },
      ]);
    });

    it('the return ends the acting session and gives the own one a new token', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      await desk.manager.updateSession(agent, { userId: 'agent', page: '/desk' });
      const acting = await desk.actAs(agent);
      desk.events.length = 0;
      const { body } = await desk.post('/return', acting).expect(200);
      expect(body.userId).toBe('agent');
      expect(idOf(body.token)).toBe(idOf(agent));
      expect(body.token).not.toBe(agent);
      const own = await desk.manager.inspectSession(body.token);
      expect(own).toMatchObject({ data: { userId: 'agent', page: '/desk' }, actor: undefined });
      expectRefusal(
        await desk.app.http().get('/me').set('Cookie', cookieOf(acting)),
        'SESSION_ENDED',
      );
      expect(desk.events.filter(({ type }) => type !== 'rejected')).toMatchObject([
        { type: 'removed', reason: 'logout', id: idOf(acting), userId: 'ann', actorId: 'agent' },
        { type: 'regenerated', id: idOf(agent) },
      ]);
    });

    it('an agent can act again after the return, but a token of before leads nowhere', async () => {
      await desk.open(database);
      const first = await desk.actAs(await desk.agent());
      const { body } = await desk.post('/return', first).expect(200);
      const second = await desk.actAs(body.token, 'bob');
      expectRefusal(await desk.post('/return', first), 'SESSION_NOT_FOUND');
      await expect(desk.opens(second)).resolves.toBe(true);
    });

    it.each([
      ['logs out', (token: string) => desk.manager.removeSession(token)],
      ['is ended by its id', (token: string) => desk.manager.removeSessionById(idOf(token))],
      [
        'is ended by its id and user',
        (token: string) => desk.manager.removeSessionById(idOf(token), { userId: 'agent' }),
      ],
      ['logs out everywhere', () => desk.manager.removeUserSessions('agent')],
      ['is ended with all', () => desk.manager.removeAllSessions()],
      ['is erased', () => desk.manager.eraseUser('agent')],
      ['is evicted by the limit', () => desk.manager.createSession({ userId: 'agent' })],
      ['logs in again', (token: string) => desk.post('/login/agent', token).expect(200)],
    ])('if the agent %s, the acting session ends too, with one event', async (_, end) => {
      for (const retention of [0, HOUR]) {
        desk = new Desk();
        await desk.open(database, {
          maxSessionsPerUser: 1,
          cleanup: { interval: false, retention },
        });
        const agent = await desk.agent();
        const acting = await desk.actAs(agent);
        await end(agent);
        await expect(desk.opens(acting)).resolves.toBe(false);
        expect(desk.endsOf(acting)).toHaveLength(1);
        expect(desk.endsOf(agent)).toHaveLength(1);
        const { status } = await desk.post('/return', acting);
        expect(status).toBe(401);
        if (retention === 0) {
          await desk.close();
        }
      }
    });

    it('a logout in the acting session ends both', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      const acting = await desk.actAs(agent);
      await desk.post('/logout', acting).expect(200);
      await expect(desk.manager.countSessions()).resolves.toBe(0);
      expect(desk.endsOf(acting)).toMatchObject([{ reason: 'logout', actorId: 'agent' }]);
      expect(desk.endsOf(agent)).toMatchObject([{ reason: 'logout', userId: 'agent' }]);
      expect((await desk.post('/return', acting)).status).toBe(401);
    });

    it.each([
      ['has expired', () => Promise.resolve(desk.sessions.clock.advance(15 * MINUTE))],
      ['was ended by the customer', () => desk.manager.removeUserSessions('ann')],
    ])('a logout after the acting session %s ends that of the agent', async (_, end) => {
      await desk.open(database);
      const agent = await desk.agent();
      const acting = await desk.actAs(agent);
      await end();
      await desk.post('/logout', acting).expect(200);
      await expect(desk.manager.countSessions()).resolves.toBe(0);
      expect(desk.endsOf(agent)).toMatchObject([{ reason: 'logout', userId: 'agent' }]);
    });

    it('a login after the acting session has expired ends that of the agent', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      const acting = await desk.actAs(agent);
      desk.sessions.clock.advance(15 * MINUTE);
      const { body } = await desk.post('/login/agent', acting).expect(200);
      const listed = await desk.manager.listSessions('agent');
      expect(listed.map(({ id }) => id)).toEqual([idOf(body.token)]);
      expect(desk.endsOf(agent)).toMatchObject([{ reason: 'replaced', userId: 'agent' }]);
      expect((await desk.post('/return', acting)).status).toBe(401);
    });

    it('the counts of endings are those of the sessions that were meant', async () => {
      await desk.open(database);
      const [first, second, third] = [await desk.agent(), await desk.agent(), await desk.agent()];
      for (const agent of [first, second, third]) {
        await desk.actAs(agent);
      }
      await expect(desk.manager.removeSessionById(idOf(first))).resolves.toBe(1);
      await expect(desk.manager.removeUserSessions('agent')).resolves.toBe(2);
      await expect(desk.manager.countSessions()).resolves.toBe(0);
    });

    it.each([
      ['a logout', 'at once', '/logout', 0, 'logout'],
      ['a logout', 'almost a minute', '/logout', MINUTE - 1, 'logout'],
      ['a login', 'almost a minute', '/login/agent', MINUTE - 1, 'replaced'],
    ])(
      'after the return, %s with the token of the acting session ends that of the agent: %s',
      async (_, __, path, later, reason) => {
        await desk.open(database);
        const agent = await desk.agent();
        const acting = await desk.actAs(agent);
        const { body } = await desk.post('/return', acting).expect(200);
        desk.sessions.clock.advance(later);
        await desk.post(path, acting).expect(200);
        await expect(desk.opens(body.token)).resolves.toBe(false);
        expect(desk.endsOf(acting)).toHaveLength(1);
        expect(desk.endsOf(agent)).toMatchObject([{ reason, userId: 'agent' }]);
      },
    );

    it.each(['/logout', '/login/agent'])(
      'a minute after the return, the token of the acting session ends nothing: %s',
      async (path) => {
        await desk.open(database);
        const acting = await desk.actAs(await desk.agent());
        const { body } = await desk.post('/return', acting).expect(200);
        desk.sessions.clock.advance(MINUTE);
        await desk.post(path, acting).expect(200);
        await expect(desk.opens(body.token)).resolves.toBe(true);
      },
    );

    it('the token of an acting session ends nothing after the next entry of the agent', async () => {
      await desk.open(database);
      const first = await desk.actAs(await desk.agent());
      const { body } = await desk.post('/return', first).expect(200);
      const second = await desk.actAs(body.token, 'bob');
      await desk.post('/logout', first).expect(200);
      await expect(desk.opens(second)).resolves.toBe(true);
      const back = await desk.post('/return', second).expect(200);
      await desk.post('/logout', first).expect(200);
      await expect(desk.opens(back.body.token)).resolves.toBe(true);
    });

    it('the token from before the entry ends nothing after the return', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      const { body } = await desk.post('/return', await desk.actAs(agent)).expect(200);
      await desk.post('/logout', agent).expect(200);
      await expect(desk.opens(body.token)).resolves.toBe(true);
    });

    it('the acting session ends when its time is over, and the agent can still return', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      const acting = await desk.actAs(agent);
      desk.sessions.clock.advance(10 * MINUTE);
      await desk.manager.renewSession(acting);
      desk.sessions.clock.advance(5 * MINUTE);
      expectRefusal(
        await desk.app.http().get('/me').set('Cookie', cookieOf(acting)),
        'SESSION_EXPIRED',
      );
      const { body } = await desk.post('/return', acting).expect(200);
      expect(body.userId).toBe('agent');
    });

    it('the acting session ends no later than that of the agent can', async () => {
      await desk.open(database, { absoluteTimeout: HOUR });
      const agent = await desk.agent();
      desk.sessions.clock.advance(50 * MINUTE);
      const acting = await desk.actAs(agent);
      const { expiresAt } = await desk.manager.inspectSession(acting);
      expect(expiresAt.getTime()).toBe(desk.sessions.clock.now() + 10 * MINUTE);
      desk.sessions.clock.advance(10 * MINUTE);
      expect((await desk.post('/return', acting)).status).toBe(401);
    });

    it('a return to a session that has expired ends the acting session, with its event', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      const acting = await desk.actAs(agent);
      desk.sessions.clock.advance(HOUR);
      expect((await desk.post('/return', acting)).status).toBe(401);
      const end = { type: 'removed', reason: 'logout', userId: 'ann', actorId: 'agent' };
      expect(desk.endsOf(acting)).toMatchObject([end]);
      await expect(desk.manager.removeExpiredSessions()).resolves.toBe(1);
      expect(desk.endsOf(acting)).toHaveLength(1);
    });

    it('a login with the token from before names the agent in the end of the acting session', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      const acting = await desk.actAs(agent);
      await desk.post('/login/agent', agent).expect(200);
      const end = { type: 'removed', reason: 'replaced', userId: 'ann', actorId: 'agent' };
      expect(desk.endsOf(acting)).toMatchObject([end]);
      expect(desk.endsOf(agent)).toMatchObject([{ reason: 'replaced', userId: 'agent' }]);
    });

    it.each(DAMAGED_LINKS.filter(({ onSqlite }) => !onSqlite || database.storagePath))(
      'a session with the link $name can be ended in every way, and stops no other end',
      async ({ sql }) => {
        await desk.open(database, { maxSessionsPerUser: 2, cleanup: { interval: false } });
        const { manager, sequelize, tableName, clock } = desk.sessions;
        for (const end of [
          (token: string) => manager.removeSession(token),
          (token: string) => manager.removeSessionById(idOf(token)),
          () => manager.removeUserSessions('agent'),
          () => manager.removeAllSessions({ batchSize: 1 }),
          () => manager.eraseUser('agent'),
          async () => {
            await desk.agent();
            await desk.agent();
          },
        ]) {
          const agent = await desk.agent();
          clock.advance(1);
          const other = await desk.agent();
          clock.advance(1);
          await sequelize.query(
            `UPDATE ${tableName} SET actor_session_id = ${sql} WHERE id = '${idOf(agent)}'`,
          );
          await end(agent);
          expect(desk.endsOf(agent)).toMatchObject([{ id: idOf(agent) }]);
          await manager.removeSession(other);
          await manager.removeUserSessions('agent');
          await expect(manager.countSessions()).resolves.toBe(0);
        }
      },
    );

    it.each([
      ['a return', '/return', 401],
      ['a logout', '/logout', 200],
    ])('%s sends no lookup of a damaged link', async (_, path, status) => {
      await desk.open(database, { cleanup: { interval: false, retention: HOUR } });
      const { sequelize, tableName } = desk.sessions;
      const acting = await desk.actAs(await desk.agent());
      await sequelize.query(
        `UPDATE ${tableName} SET actor_session_id = '"},{' WHERE id = '${idOf(acting)}'`,
      );
      expectRefusal(await desk.post(path, acting), 'SESSION_DATA');
      await desk.manager.removeUserSessions('ann');
      expect((await desk.post(path, acting)).status).toBe(status);
    });

    it.each([
      ['a logout', '/logout'],
      ['a login', '/login/agent'],
    ])(
      '%s with a token of the acting session that was just replaced ends both',
      async (_, path) => {
        await desk.open(database);
        const agent = await desk.agent();
        const acting = await desk.actAs(agent);
        const stolen = await desk.manager.regenerateSession(acting);
        await desk.post(path, acting).expect(200);
        await expect(desk.opens(stolen)).resolves.toBe(false);
        expect((await desk.post('/return', stolen)).status).toBe(401);
        expect(desk.endsOf(acting)).toHaveLength(1);
        expect(desk.endsOf(agent)).toHaveLength(1);
      },
    );

    it('a token of the acting session that was replaced a minute ago ends nothing', async () => {
      await desk.open(database);
      const acting = await desk.actAs(await desk.agent());
      const next = await desk.manager.regenerateSession(acting);
      desk.sessions.clock.advance(MINUTE);
      await desk.post('/logout', acting).expect(200);
      await expect(desk.opens(next)).resolves.toBe(true);
    });

    it("the customer's log-out everywhere ends the acting session, and the agent can return", async () => {
      await desk.open(database);
      const customer = await desk.manager.createSession({ userId: 'ann' });
      const acting = await desk.actAs(await desk.agent());
      await expect(
        desk.manager.removeUserSessions('ann', { except: idOf(customer) }),
      ).resolves.toBe(1);
      await expect(desk.opens(acting)).resolves.toBe(false);
      expect(desk.endsOf(acting)).toMatchObject([{ userId: 'ann', actorId: 'agent' }]);
      const { body } = await desk.post('/return', acting).expect(200);
      await expect(desk.opens(body.token)).resolves.toBe(true);
    });

    it('a log-out everywhere from the acting session is refused', async () => {
      await desk.open(database);
      const customer = await desk.manager.createSession({ userId: 'ann' });
      const acting = await desk.actAs(await desk.agent());
      const removing = desk.manager.removeUserSessions('ann', { except: idOf(acting) });
      await expect(removing).rejects.toBeInstanceOf(SessionActingError);
      await expect(desk.opens(customer)).resolves.toBe(true);
    });

    it('the acting session takes no place of the customer, and a login does not evict it', async () => {
      await desk.open(database, { maxSessionsPerUser: 2 });
      const acting = await desk.actAs(await desk.agent());
      const logIn = () => {
        desk.sessions.clock.advance(1);
        return desk.manager.createSession({ userId: 'ann' });
      };
      const [first, second, third] = [await logIn(), await logIn(), await logIn()];
      await expect(desk.opens(first)).resolves.toBe(false);
      for (const token of [acting, second, third]) {
        await expect(desk.opens(token)).resolves.toBe(true);
      }
      await desk.actAs(await desk.agent('other agent'));
      await expect(desk.manager.countSessions('ann')).resolves.toBe(4);
    });

    it('lists of the customer mark the acting session, live and ended, without an address', async () => {
      await desk.open(database);
      const agent = await desk.agent();
      const acting = await desk.actAs(agent);
      const actor = { userId: 'agent', sessionId: idOf(agent) };
      const client = { ip: undefined, userAgent: undefined };
      const marked = [{ id: idOf(acting), actor, client }];
      await expect(desk.manager.listSessions('ann')).resolves.toMatchObject(marked);
      const [own] = await desk.manager.listSessions('agent');
      expect(own).toMatchObject({ id: idOf(agent), actor: undefined });
      await desk.manager.removeUserSessions('ann');
      const ended = desk.manager.listSessions('ann', { ended: true });
      await expect(ended).resolves.toMatchObject(marked);
    });

    it('no update gives the acting session another user', async () => {
      await desk.open(database);
      const acting = await desk.actAs(await desk.agent());
      const { manager } = desk;
      const move = { code: 'ERR_SESSION_CONFIGURATION' };
      await expect(manager.updateSession(acting, { userId: 'bob' })).rejects.toMatchObject(move);
      const change = (data: DeskData) => ({ ...data, userId: 'bob' });
      await expect(manager.updateSession(acting, change)).rejects.toMatchObject(move);
      await expect(manager.regenerateSession(acting, { change })).rejects.toMatchObject(move);
      await manager.updateSession(acting, { userId: 'ann', page: '/a' });
      await manager.updateSession(acting, { page: '/b' });
      const next = await manager.regenerateSession(acting);
      const record = await manager.inspectSession(next);
      expect(record).toMatchObject({
        userId: 'ann',
        actor: { userId: 'agent' },
        data: { page: '/b' },
      });
    });

    describe('in races', () => {
      /** Checks what holds after every race, and returns the tokens that still open a session. */
      const check = async (agent: string, tokens: readonly (string | undefined)[]) => {
        const live = [];
        for (const token of tokens) {
          if (token !== undefined && (await desk.opens(token))) {
            live.push(await desk.manager.inspectSession(token));
          }
        }
        const all = [
          ...(await desk.manager.listSessions('ann')),
          ...(await desk.manager.listSessions('agent')),
        ];
        const agents = all.filter(({ id }) => id === idOf(agent));
        // No acting session outlives its agent's, and an agent acts once at most.
        const acting = all.filter(({ actor }) => actor?.sessionId === idOf(agent));
        expect(acting.length).toBeLessThanOrEqual(agents.length);
        const ids = desk.events.flatMap((event) =>
          event.type === 'removed' || event.type === 'evicted' ? event.id : [],
        );
        expect(ids).toEqual([...new Set(ids)]);
        return live;
      };

      const logOut = (token: string) => desk.manager.removeSession(token);

      it('of parallel entries of one agent, one succeeds', async () => {
        await desk.open(database);
        for (let race = 0; race < RACES; race++) {
          const agent = await desk.agent();
          const responses = await Promise.all(
            ['ann', 'ann', 'ann'].map((user) => desk.post(`/act-as/${user}`, agent)),
          );
          const tokens = responses
            .filter(({ status }) => status === 200)
            .map(({ body }) => body.token);
          expect(tokens).toHaveLength(1);
          await expect(check(agent, tokens)).resolves.toHaveLength(1);
          await expect(desk.manager.removeUserSessions('agent')).resolves.toBe(1);
        }
      });

      it('of parallel returns, one gets the token', async () => {
        await desk.open(database);
        for (let race = 0; race < RACES; race++) {
          const agent = await desk.agent();
          const acting = await desk.actAs(agent);
          const responses = await Promise.all([1, 2, 3].map(() => desk.post('/return', acting)));
          const tokens = responses.flatMap(({ status, body }) =>
            status === 200 ? body.token : [],
          );
          expect(tokens).toHaveLength(1);
          const live = await check(agent, [...tokens, acting]);
          expect(live).toMatchObject([{ userId: 'agent', actor: undefined }]);
          await desk.manager.removeUserSessions('agent');
        }
      });

      it.each([
        ['logs out', logOut],
        ['logs out everywhere', () => desk.manager.removeUserSessions('agent')],
        ['is ended by its id', (token: string) => desk.manager.removeSessionById(idOf(token))],
        ['is erased', () => desk.manager.eraseUser('agent')],
        ['is ended with all', () => desk.manager.removeAllSessions()],
      ])('an entry while the agent %s leaves no session', async (_, end) => {
        await desk.open(database);
        for (let race = 0; race < RACES; race++) {
          const agent = await desk.agent();
          const [entry] = await Promise.all([desk.post('/act-as/ann', agent), end(agent)]);
          await expect(check(agent, [agent, entry.body.token])).resolves.toEqual([]);
          await expect(desk.manager.countSessions()).resolves.toBe(0);
        }
      });

      it.each([
        ['is ended by its id', (token: string) => desk.manager.removeSessionById(idOf(token))],
        ['logs out everywhere', () => desk.manager.removeUserSessions('agent')],
        ['is erased', () => desk.manager.eraseUser('agent')],
      ])('a return while the agent %s leaves no session', async (_, end) => {
        await desk.open(database);
        for (let race = 0; race < RACES; race++) {
          const agent = await desk.agent();
          const acting = await desk.actAs(agent);
          const [back] = await Promise.all([desk.post('/return', acting), end(agent)]);
          const live = await check(agent, [agent, acting, back.body.token]);
          expect(live).toEqual([]);
        }
      });

      it('a logout in the acting session ends all, also while the agent returns', async () => {
        await desk.open(database);
        for (let race = 0; race < RACES; race++) {
          const agent = await desk.agent();
          const acting = await desk.actAs(agent);
          const [back] = await Promise.all([
            desk.post('/return', acting),
            desk.post('/logout', acting),
          ]);
          await expect(check(agent, [agent, acting, back.body.token])).resolves.toEqual([]);
          await expect(desk.manager.countSessions()).resolves.toBe(0);
        }
      });

      it("the customer's log-out everywhere ends an acting session, whatever the agent does", async () => {
        await desk.open(database);
        for (let race = 0; race < RACES; race++) {
          const agent = await desk.agent();
          const acting = await desk.actAs(agent);
          const [back] = await Promise.all([
            desk.post('/return', acting),
            desk.manager.removeUserSessions('ann'),
          ]);
          expect(back.status).toBe(200);
          const live = await check(agent, [acting, back.body.token]);
          expect(live).toMatchObject([{ userId: 'agent' }]);
          await desk.manager.removeUserSessions('agent');
        }
      });

      it('a write in the acting session never succeeds after the end of that of the agent', async () => {
        await desk.open(database);
        for (let race = 0; race < RACES; race++) {
          const agent = await desk.agent();
          const acting = await desk.actAs(agent);
          await Promise.all([
            desk.post('/page/cart', acting),
            desk.manager.removeSessionById(idOf(agent)),
          ]);
          await expect(check(agent, [acting])).resolves.toEqual([]);
          const writing = desk.manager.updateSession(acting, { userId: 'ann' });
          await expect(writing).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' });
        }
      });

      it('at the end of the acting time, a return and a sweep leave the agent at most one session', async () => {
        await desk.open(database);
        for (let race = 0; race < RACES; race++) {
          const agent = await desk.agent();
          const acting = await desk.actAs(agent);
          desk.sessions.clock.advance(15 * MINUTE);
          const [back] = await Promise.all([
            desk.post('/return', acting),
            desk.manager.removeExpiredSessions(),
          ]);
          const live = await check(agent, [acting, back.body.token]);
          expect(live.map(({ userId }) => userId)).toEqual(back.status === 200 ? ['agent'] : []);
          await desk.manager.removeUserSessions('agent');
        }
      });
    });
  });
});
