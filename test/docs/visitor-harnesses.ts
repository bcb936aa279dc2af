import { Agent, request } from 'node:http';
import { expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SessionManager, SessionsModule } from 'nestjs-server-sessions';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { inGroups } from '../support/promises/in-groups.js';
import { TestClock } from '../support/sessions/test-clock.js';

const HOUR = 60 * 60 * 1000;

/** An application with the controller of the snippet and one user. */
async function shopOf(load: Parameters<Harness>[0]['load'], clock = new TestClock()) {
  const { VisitorsController, Users } = await load<Record<string, Type>>();
  const users = { verify: async () => ({ id: 'ann' }) };
  @Module({
    imports: [SessionsModule.forRoot({ storagePath: ':memory:', clock })],
    controllers: [VisitorsController!],
    providers: [{ provide: Users!, useValue: users }],
  })
  class AppModule {}
  return AppModule;
}

/** Sends a request of a bot, without a cookie: a form, or a GET. Returns the status of the response. */
function send(origin: string, agent: Agent, isForm: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const options = isForm ? { method: 'POST', headers: form } : {};
    request(origin + (isForm ? '/basket/first' : '/basket'), { agent, ...options }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!));
    })
      .on('error', reject)
      .end(isForm ? 'product=tea' : undefined);
  });
}

const visitors: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet carries the basket of a visitor through the login, and not their lifetime', async () => {
      await withServer(await shopOf(load), adapter(), async (client, _, app) => {
        expect((await client('GET', '/basket')).body).toEqual([]);
        expect(await client('POST', '/basket', { product: 'tea' })).toMatchObject({ status: 401 });
        expect((await client('POST', '/basket/first', { product: 'tea' })).body).toEqual(['tea']);
        expect((await client('POST', '/basket', { product: 'cup' })).body).toEqual(['tea', 'cup']);
        expect((await client('POST', '/login', { name: 'ann' })).status).toBe(200);
        expect((await client('GET', '/basket')).body).toEqual(['tea', 'cup']);
        const [session, ...others] = await app.get(SessionManager).listSessions('ann');
        const { createdAt, expiresAt } = session!;
        expect(expiresAt.getTime() - createdAt.getTime()).toBe(24 * HOUR);
        expect(others).toEqual([]);
      });
    });

    it('the snippet gives a request of the visitor that arrives after the login no session', async () => {
      await withServer(await shopOf(load), adapter(), async (_, __, app) => {
        const url = await app.getUrl();
        const post = (path: string, cookie: string, form: Record<string, string>) =>
          fetch(url + path, {
            method: 'POST',
            headers: { cookie },
            body: new URLSearchParams(form),
          });
        const first = await post('/basket/first', '', { product: 'tea' });
        const visitor = first.headers.getSetCookie()[0]!.split(';')[0]!;
        expect((await post('/login', visitor, { name: 'ann' })).status).toBe(200);
        const late = await post('/basket', visitor, { product: 'late' });
        expect(late.status).toBe(401);
        expect(await late.json()).toMatchObject({ code: 'SESSION_ENDED', reason: 'replaced' });
        expect(late.headers.getSetCookie()).toEqual([]);
      });
    });
  });

  it('the snippet leaves 100 rows after a crawl of 10,000 requests, and none after their time', async () => {
    const clock = new TestClock();
    await withServer(await shopOf(load, clock), new FastifyAdapter(), async (_, __, app) => {
      const sessions = app.get(SessionManager);
      const origin = await app.getUrl();
      const agent = new Agent({ keepAlive: true, maxSockets: 16 });
      const statuses = await inGroups(Array.from({ length: 10_000 }), 16, (_, index) =>
        send(origin, agent, index % 100 === 0),
      );
      agent.destroy();
      const counts = { read: 0, added: 0 };
      statuses.forEach((status) => counts[status === 201 ? 'added' : 'read']++);
      expect(new Set(statuses)).toEqual(new Set([200, 201]));
      expect(counts).toEqual({ read: 9900, added: 100 });
      expect(await sessions.countSessions()).toBe(100);
      clock.advance(2 * HOUR);
      expect(await sessions.removeExpiredSessions()).toBe(100);
    });
  });
};

export const VISITOR_HARNESSES: Readonly<Record<string, Harness>> = {
  'visitors.controller': visitors,
};
