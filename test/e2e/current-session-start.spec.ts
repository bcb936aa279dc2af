import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post, Res } from '@nestjs/common';
import {
  CurrentSession,
  SessionNotFoundError,
  SessionsConfigurationError,
} from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf, cookiesOf } from '../support/http/responses.js';

const HOUR = 60 * 60 * 1000;

let outcome: Record<string, unknown>;

/** Sends the response itself, so that the headers are sent before the session is changed. */
@Controller()
class StreamController {
  @Post('stream')
  async stream(@CurrentSession() session: CurrentSession, @Res() response: any): Promise<void> {
    const raw = response.raw ?? response;
    response.hijack?.();
    raw.write('begun, ');
    outcome = { started: await session.start({}).catch((error: unknown) => error) };
    if (session.exists) {
      outcome['updated'] = await session.update({ visits: 1 });
      await session.renew();
    }
    raw.end('done');
  }

  @Post('farewell')
  async farewell(@CurrentSession() session: CurrentSession, @Res() response: any): Promise<void> {
    const raw = response.raw ?? response;
    response.hijack?.();
    raw.write('begun, ');
    await session.end();
    raw.end('done');
  }
}

describeAdapters((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [controller, StreamController] });
  });
  afterAll(() => app.close());

  const post = (path: string, token?: string) =>
    app
      .http()
      .post(path)
      .set(token === undefined ? {} : { Cookie: cookieOf(token) });

  it('CurrentSession is the new session after start()', async () => {
    does(async (session) => {
      const token = await session.start({ visits: 0 });
      const { exists, id, data, expiresAt } = session;
      return { token, exists, id, data, expiresAt };
    });
    const { body } = await post('/act');
    expect(body).toEqual({
      token: expect.any(String),
      exists: true,
      id: body.token.split('.')[0],
      data: { visits: 0 },
      expiresAt: new Date(app.clock.now() + 24 * HOUR).toISOString(),
    });
  });

  it('start() is the only session of a user after all were ended in the request, rotated ones too', async () => {
    const stolen = await app.manager.createSession({ userId: 'ann' });
    let rotated = '';
    does(async (session) => {
      rotated = await app.manager.regenerateSession(stolen, { grace: HOUR });
      await app.manager.removeUserSessions('ann');
      return { token: await session.start({ userId: 'ann' }) };
    });
    const { body, headers } = await post('/act', stolen).expect(200);
    expect(headers['set-cookie']).toEqual([expect.stringContaining(body.token)]);
    for (const token of [stolen, rotated]) {
      await expect(app.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
    }
    await expect(app.manager.listSessions('ann')).resolves.toMatchObject([
      { id: body.token.split('.')[0] },
    ]);
  });

  it('a session can be updated and ended in the request that started it', async () => {
    does(async (session) => {
      await session.start({ visits: 0 });
      return session.update((data: { visits: number }) => {
        data.visits++;
      });
    });
    const answer = await post('/act');
    expect(answer.body).toEqual({ visits: 1 });
    expect(cookiesOf(answer)).toHaveLength(1);
  });

  it('a session lives for the expireTime that start() gets', async () => {
    does(async (session) => ({ token: await session.start({}, { expireTime: HOUR }) }));
    const { token } = (await post('/act')).body;
    const { createdAt, expiresAt } = await app.manager.inspectSession(token);
    expect(expiresAt.getTime() - createdAt.getTime()).toBe(HOUR);
  });

  it('a session keeps the user and the client that it was started for', async () => {
    does(async (session) => ({ token: await session.start({ userId: 7 }) }));
    const { token } = (await post('/act').set('User-Agent', 'a browser')).body;
    await expect(app.manager.inspectSession(token)).resolves.toMatchObject({
      userId: '7',
      client: { ip: '127.0.0.1', userAgent: 'a browser' },
    });
  });

  describe('started twice in one request', () => {
    it('the second start() in a request wins, with one Set-Cookie, and the first session is gone', async () => {
      does(async (session) => ({
        tokens: [await session.start('first'), await session.start('second')],
      }));
      const answer = await post('/act');
      const [first, second] = answer.body.tokens;
      expect(cookiesOf(answer)).toEqual([expect.stringContaining(`__Host-id=${second};`)]);
      await expect(app.manager.retrieveSession(second)).resolves.toBe('second');
      await expect(app.manager.retrieveSession(first)).rejects.toThrow('no session');
    });
  });

  describe('started and ended in one request', () => {
    it('a session that is started and ended in one request is gone, and its cookie is cleared once', async () => {
      does(async (session) => {
        const token = await session.start({});
        await session.end();
        return { token, exists: session.exists };
      });
      const answer = await post('/act');
      expect(answer.body.exists).toBe(false);
      expect(cookiesOf(answer)).toEqual([expect.stringMatching(/^__Host-id=; Max-Age=0;/)]);
      await expect(app.manager.retrieveSession(answer.body.token)).rejects.toThrow('no session');
    });
  });

  describe('ended and started in one request', () => {
    it('a session that is ended and started in one request is the new one, with one Set-Cookie', async () => {
      does(async (session) => {
        await session.end();
        return { token: await session.start({}) };
      });
      const answer = await post('/act', await app.manager.createSession());
      expect(cookiesOf(answer)).toEqual([
        expect.stringContaining(`__Host-id=${answer.body.token};`),
      ]);
    });
  });

  describe('after the headers were sent', () => {
    it('start() after the headers were sent fails before any statement', async () => {
      const statements = await app.statementsOf(async () => {
        const answer = await post('/stream');
        expect(answer.text).toBe('begun, done');
        expect(cookiesOf(answer)).toEqual([]);
      });
      expect(outcome['started']).toBeInstanceOf(SessionsConfigurationError);
      expect(String(outcome['started'])).toContain('headers were sent');
      expect(statements).toEqual([]);
    });

    it('the session stays usable after start() was refused because the headers were sent', async () => {
      const token = await app.manager.createSession({ visits: 0 });
      const answer = await post('/stream', token);
      expect(answer.text).toBe('begun, done');
      expect(outcome['started']).toBeInstanceOf(SessionsConfigurationError);
      expect(outcome['updated']).toEqual({ visits: 1 });
      await expect(app.manager.retrieveSession(token)).resolves.toEqual({ visits: 1 });
    });

    it('end() after the headers were sent ends the session but not the cookie', async () => {
      const token = await app.manager.createSession({});
      const answer = await post('/farewell', token);
      expect(answer.text).toBe('begun, done');
      expect(cookiesOf(answer)).toEqual([]);
      await expect(app.manager.retrieveSession(token)).rejects.toThrow('no session');
    });
  });

  it('the session and its cookie stay if the handler throws after start()', async () => {
    let token = '';
    does(async (session) => {
      token = await session.start('kept');
      throw new Error('the mail server is away');
    });
    const answer = await post('/act');
    expect(answer.status).toBe(500);
    expect(cookiesOf(answer)).toEqual([expect.stringContaining(`__Host-id=${token};`)]);
    await expect(app.manager.retrieveSession(token)).resolves.toBe('kept');
  });
});
