import { afterEach, expect, it } from '@jest/globals';
import { Controller, type INestApplication, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  SessionGuard,
  SessionStatusController,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import {
  describeAdapters,
  startApp,
  type TestApp,
  type TestAppOptions,
} from '../support/applications/applications.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';

const MINUTE = 60_000;
const OPTIONS: SessionsModuleOptions = { rolling: true, expireTime: 30 * MINUTE };

@Controller('account/session')
class AccountSessionController extends SessionStatusController {}

describeAdapters((adapter) => {
  let app: TestApp;

  const start = async (options: SessionsModuleOptions = {}, more: TestAppOptions = {}) => {
    app = await startApp(adapter, {
      controllers: [SessionStatusController as Type],
      options: { ...OPTIONS, ...options },
      ...more,
    });
    const token = await app.manager.createSession({ userId: 'ada' });
    const [id] = token.split('.');
    const call = (method: 'get' | 'post', path = '/session', cookie = cookieOf(token)) =>
      app.http()[method](path).set('Cookie', cookie);
    return { token, id, call };
  };
  afterEach(() => app.close());

  it('a GET of the status tells when the session ends, and renews nothing', async () => {
    const { id, call } = await start();
    expect((await call('get')).body).toEqual({ id, endsIn: 30 * MINUTE, renewIn: MINUTE });
    app.clock.advance(20 * MINUTE);
    const statements = await app.statementsOf(async () => {
      const response = await call('get').expect(200);
      expect(response.body).toEqual({ id, endsIn: 10 * MINUTE, renewIn: 0 });
      expect(response.headers['cache-control']).toBe('no-store');
      expect(cookiesOf(response)).toEqual([]);
    });
    expect(statements.filter((sql) => !sql.startsWith('SELECT'))).toEqual([]);
  });

  it('a POST to the status renews the session, and tells its new end', async () => {
    const { id, call } = await start();
    app.clock.advance(20 * MINUTE);
    const response = await call('post').expect(200);
    expect(response.body).toEqual({ id, endsIn: 30 * MINUTE, renewIn: MINUTE });
    expect(response.headers['cache-control']).toBe('no-store');
    app.clock.advance(29 * MINUTE);
    expect((await call('get')).body).toEqual({ id, endsIn: MINUTE, renewIn: 0 });
  });

  it('the status tells that a renewal can not move the end any more', async () => {
    const { id, call } = await start({ absoluteTimeout: 40 * MINUTE });
    app.clock.advance(20 * MINUTE);
    expect((await call('post')).body).toEqual({ id, endsIn: 20 * MINUTE, renewIn: null });
  });

  it('the status of a session with a short own lifetime tells when a renewal adds a tenth of it', async () => {
    const { call } = await start();
    const token = await app.manager.createSession({}, { expireTime: 40_000 });
    const [id] = token.split('.');
    const { body } = await call('get', '/session', cookieOf(token));
    expect(body).toEqual({ id, endsIn: 40_000, renewIn: 4000 });
  });

  it('the status tells why there is no session, without an event', async () => {
    const { token, call } = await start();
    const events: string[] = [];
    app.manager.events$.subscribe(({ type }) => events.push(type));
    const reasonOf = async (cookie: string) =>
      (await call('get', '/session', cookie).expect(200)).body;
    expect(await reasonOf('')).toEqual({ code: 'SESSION_MISSING' });
    expect(await reasonOf(cookieOf(`${token}x`))).toEqual({ code: 'SESSION_NOT_FOUND' });
    const other = await app.manager.createSession({ userId: 'bob' });
    app.clock.advance(30 * MINUTE);
    expect(await reasonOf(cookieOf(other))).toEqual({ code: 'SESSION_EXPIRED' });
    const ended = await app.manager.createSession({ userId: 'bob' });
    await app.manager.removeUserSessions('bob');
    expect(await reasonOf(cookieOf(ended))).toEqual({ code: 'SESSION_ENDED', reason: 'revoked' });
    expect(events).not.toContain('rejected');
  });

  it('the status of a damaged session is refused with SESSION_DATA, without its data', async () => {
    const { id, call } = await start();
    await app.connection.query(`UPDATE server_sessions SET data = '{' WHERE id = '${id}'`);
    expectRefusal(await call('get'), 'SESSION_DATA');
    expectRefusal(await call('post'), 'SESSION_DATA');
  });

  it('a POST to the status without a live session is refused like a guarded request', async () => {
    const { token, call } = await start();
    expectRefusal(await call('post', '/session', ''), 'SESSION_MISSING');
    await app.manager.removeSession(token);
    expectRefusal(await call('post'), 'SESSION_ENDED');
  });

  it('a page of another origin can not renew the session', async () => {
    const { call } = await start();
    app.clock.advance(20 * MINUTE);
    for (const headers of [{ Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'same-site' }]) {
      const { status, body } = await call('post').set(headers);
      expect([status, body.code]).toEqual([403, 'SESSION_CROSS_ORIGIN']);
    }
    expect((await call('get')).body.endsIn).toBe(10 * MINUTE);
  });

  it('the status is a 503 while the database is away', async () => {
    const { call } = await start({ timeout: 2000 });
    await takeAway(app.connection);
    for (const method of ['get', 'post'] as const) {
      expectRefusal(await call(method), 'SESSION_STORE_UNAVAILABLE');
    }
    await bringBack(app.connection);
    expect((await call('get')).status).toBe(200);
  });

  it('a global SessionGuard neither refuses nor renews a GET of the status', async () => {
    const { id, call } = await start(
      {},
      { providers: [{ provide: APP_GUARD, useExisting: SessionGuard }] },
    );
    app.clock.advance(20 * MINUTE);
    expect((await call('get')).body).toEqual({ id, endsIn: 10 * MINUTE, renewIn: 0 });
    expect((await call('get', '/session', '')).body).toEqual({ code: 'SESSION_MISSING' });
    expect((await call('post')).body).toEqual({ id, endsIn: 30 * MINUTE, renewIn: MINUTE });
  });

  it('the status can have another path, behind the global prefix', async () => {
    const configure = (nest: INestApplication) => void nest.setGlobalPrefix('api');
    const { id, call } = await start({}, { controllers: [AccountSessionController], configure });
    expect((await call('get', '/api/account/session')).body).toMatchObject({ id });
    expect((await call('post', '/api/account/session')).body).toMatchObject({ id });
    expect((await call('get', '/api/session')).status).toBe(404);
  });
});
