// The tests of the application: integrations.spec.ts copies them into it.
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { SessionManager } from 'nestjs-server-sessions';
import { observeLiveSessions, SessionsInstrumentation } from 'nestjs-server-sessions/opentelemetry';
import {
  getStartedSession,
  overrideSessionsOptions,
  signIn,
  TestClock,
  type SignedIn,
} from 'nestjs-server-sessions/testing';
import { io } from 'socket.io-client';
import request from 'supertest';
import { WebSocket } from 'ws';
import type { Account } from './account.js';
import { AppModule } from './app.module.js';
import { setUp } from './set-up.js';

const clock = new TestClock();
let app: INestApplication;
let ann: SignedIn;

const http = () => request(app.getHttpServer());

async function start(SocketAdapter: typeof IoAdapter | typeof WsAdapter): Promise<void> {
  const builder = Test.createTestingModule({ imports: [AppModule] });
  overrideSessionsOptions(builder, { clock, cookie: { secure: false } });
  app = (await builder.compile()).createNestApplication();
  app.useWebSocketAdapter(new SocketAdapter(app));
  setUp(app);
  await app.listen(0, '127.0.0.1');
  ann = await signIn<Account>(app, { userId: 'ann' });
}

describe('with Socket.IO', () => {
  beforeEach(() => start(IoAdapter));
  afterEach(() => app.close());

  it('/testing signs a user in, sees a login and moves the clock', async () => {
    await http().get('/me').set(ann.headers).expect(200, { userId: 'ann' });
    const login = await http().post('/login').expect(204);
    expect(await getStartedSession<Account>(app, login)).toMatchObject({ userId: 'ann' });
    clock.advance(24 * 60 * 60 * 1000);
    await http()
      .get('/me')
      .set(ann.headers)
      .expect(401, /SESSION_EXPIRED/);
  });

  it('/terminus is up, and down once the sessions are closed', async () => {
    const up = await http().get('/').expect(200);
    expect(up.body.info).toEqual({ sessions: { status: 'up' } });
    await app.get(SessionManager).close();
    const down = await http().get('/').expect(503);
    expect(down.body.error.sessions).toMatchObject({ status: 'down', reason: 'unsent' });
  });

  it('/opentelemetry counts sessions', async () => {
    const reader = new PrometheusExporter({ preventServerStart: true });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const instrumentation = new SessionsInstrumentation();
    registerInstrumentations({ instrumentations: [instrumentation], meterProvider });
    observeLiveSessions(app.get(SessionManager), meterProvider);
    await http().post('/login').expect(204);
    const { resourceMetrics } = await reader.collect();
    const collected = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
    const sum = (name: string) =>
      collected.find(({ descriptor }) => descriptor.name === name)?.dataPoints[0]?.value;
    expect(sum('server_sessions.changes')).toBe(1);
    expect(sum('server_sessions.live')).toBe(2);
    instrumentation.disable();
    await meterProvider.shutdown();
  });

  it('/swagger documents the errors of a route', async () => {
    const { body } = await http().get('/docs-json').expect(200);
    expect(Object.keys(body.paths['/me'].get.responses)).toEqual(['200', '401', '503']);
    expect(body.components.securitySchemes.sessionCookie).toMatchObject({ name: 'id' });
    await http()
      .get('/docs')
      .expect(200, /swagger-ui/);
  });

  it('/graphql gives resolvers the session', async () => {
    const ask = () => http().post('/graphql').send({ query: '{ me }' });
    const answered = await ask().set(ann.headers).expect(200);
    expect(answered.body).toEqual({ data: { me: 'ann' } });
    expect((await ask()).body.errors[0].extensions.code).toBe('SESSION_MISSING');
  });

  it('/express-session keeps the sessions of express-session', async () => {
    const browser = request.agent(app.getHttpServer());
    await browser.get('/visits').expect(200, { visits: 1 });
    await browser.get('/visits').expect(200, { visits: 2 });
    expect(await app.get(SessionManager).countSessions()).toBe(2);
  });

  it('/sockets gives gateways of Socket.IO the session until it ends', async () => {
    const url = await app.getUrl();
    const stranger = io(url, { reconnection: false });
    const [error] = await heard(stranger, 'connect_error');
    expect((error as Error).message).toBe('SESSION_MISSING');
    const client = io(url, { extraHeaders: ann.headers, reconnection: false });
    client.emit('me');
    expect(await heard(client, 'you')).toEqual(['ann']);
    const disconnected = heard(client, 'disconnect');
    await app.get(SessionManager).removeSession(ann.token);
    expect(await disconnected).toEqual(expect.arrayContaining(['io server disconnect']));
  });
});

describe('with ws', () => {
  beforeEach(() => start(WsAdapter));
  afterEach(() => app.close());

  it('/sockets gives gateways of ws the session until it ends', async () => {
    const url = (await app.getUrl()).replace('http', 'ws');
    const [error] = await once(new WebSocket(url), 'error');
    expect((error as Error).message).toContain('401');
    const client = new WebSocket(url, { headers: ann.headers });
    await once(client, 'open');
    client.send(JSON.stringify({ event: 'me' }));
    const [message] = await once(client, 'message');
    expect(JSON.parse(String(message))).toEqual({ event: 'you', data: 'ann' });
    const closed = once(client, 'close');
    await app.get(SessionManager).removeSession(ann.token);
    expect((await closed)[0]).toBe(4401);
  });
});

/** Waits for an event of a client of Socket.IO; returns its arguments. */
function heard(client: ReturnType<typeof io>, event: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    client.once(event, (...given: unknown[]) => resolve(given));
  });
}
