import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { context, trace, type Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { SessionsConfigurationError } from 'nestjs-server-sessions';
import { observeLiveSessions, SessionsInstrumentation } from 'nestjs-server-sessions/opentelemetry';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController } from '../support/applications/shop.controller.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { bearerOf } from '../support/http/responses.js';

const spans = new InMemorySpanExporter();
const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const tracer = tracers.getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

/** Gives each request a span of HTTP with a span of a framework in it, as the instrumentations of both do. */
function withSpans({ app }: TestApp): void {
  const server = app.getHttpServer();
  const emit = server.emit.bind(server);
  server.emit = (name: string, ...given: any[]) => {
    if (name !== 'request') {
      return emit(name, ...given);
    }
    const span = tracer.startSpan('HTTP');
    given[1].once('close', () => span.end());
    const own = setRPCMetadata(trace.setSpan(context.active(), span), { type: RPCType.HTTP, span });
    return context.with(own, () =>
      tracer.startActiveSpan('framework', (inner) => {
        given[1].once('close', () => inner.end());
        return emit(name, ...given);
      }),
    );
  };
}

describeAdapters((adapter) => {
  let shop: TestApp;
  let reader: PrometheusExporter;
  let meters: MeterProvider;
  let instrumentation: SessionsInstrumentation;

  beforeEach(async () => {
    shop = await startApp(adapter, { controllers: [ShopController] });
    reader = new PrometheusExporter({ preventServerStart: true });
    meters = new MeterProvider({ readers: [reader] });
    instrumentation = new SessionsInstrumentation();
    spans.reset();
  });
  afterEach(async () => {
    instrumentation.disable();
    await meters.shutdown();
    await shop.close();
  });

  /** Returns the points of each metric: a count, or the count of a histogram, by its attributes. */
  const measured = async () => {
    const { resourceMetrics } = await reader.collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return Object.fromEntries(
      metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) => ({
          ...attributes,
          count: typeof value === 'number' ? value : (value as { count: number }).count,
        })),
      ]),
    );
  };
  const me = (token: string) => shop.http().get('/me').set('Authorization', bearerOf(token));
  const login = async () => (await shop.http().post('/login').send({ name: 'ada' })).body.token;

  it('the metrics count lookups, changes, refusals and failures', async () => {
    instrumentation.setMeterProvider(meters);
    const token = await login();
    await me(token).expect(200);
    await shop.http().get('/me').expect(401);
    await takeAway(shop.connection);
    await me(token).expect(503);
    await bringBack(shop.connection);
    await shop.http().post('/logout').set('Authorization', bearerOf(token)).expect(200);
    const failure = {
      'error.type': 'ERR_SESSION_STORE',
      'server_sessions.reason': 'rejected',
      count: 1,
    };
    expect(await measured()).toEqual({
      'server_sessions.lookup.duration': [{ count: 2 }, failure],
      'server_sessions.lookup.batch.size': [{ count: 3 }],
      'server_sessions.changes': [
        { 'server_sessions.change': 'created', count: 1 },
        { 'server_sessions.change': 'removed', 'server_sessions.reason': 'logout', count: 1 },
      ],
      'server_sessions.rejections': [{ 'server_sessions.reason': 'missing', count: 1 }],
      'server_sessions.failures': [failure],
      'server_sessions.connections.dropped': [{ count: 0 }],
    });
  });

  it('an instrumentation that is disabled measures nothing more', async () => {
    const disable = registerInstrumentations({
      instrumentations: [instrumentation],
      meterProvider: meters,
    });
    const token = await login();
    disable();
    await me(token).expect(200);
    expect(Object.keys(await measured())).toEqual([
      'server_sessions.changes',
      'server_sessions.connections.dropped',
    ]);
    instrumentation.enable();
    instrumentation.enable();
    await me(token).expect(200);
    expect(await measured()).toMatchObject({ 'server_sessions.lookup.duration': [{ count: 1 }] });
  });

  /** The attributes of the spans of the last request. */
  const spansOf = async (request: PromiseLike<unknown>): Promise<Record<string, Attributes>> => {
    spans.reset();
    await request;
    const finished = spans.getFinishedSpans();
    return Object.fromEntries(finished.map(({ name, attributes }) => [name, attributes]));
  };

  it('the span of a request has the id of its session if that was asked for', async () => {
    withSpans(shop);
    const token = await login();
    const [id] = token.split('.');
    expect(await spansOf(me(token))).toEqual({ HTTP: {}, framework: {} });
    instrumentation.setConfig({ sessionId: true });
    expect(await spansOf(me(token))).toEqual({ HTTP: { 'session.id': id }, framework: {} });
    expect(await spansOf(shop.http().get('/me'))).toEqual({ HTTP: {}, framework: {} });
  });

  it('the span of a login has the id of the session that it started', async () => {
    withSpans(shop);
    instrumentation.setConfig({ sessionId: true });
    let token = '';
    const attributes = await spansOf(login().then((given) => (token = given)));
    expect(attributes['HTTP']).toEqual({ 'session.id': token.split('.')[0] });
  });

  it('live sessions are counted at most once a minute, until that is ended', async () => {
    const stop = observeLiveSessions(shop.manager, meters);
    await login();
    await login();
    const counts = async (work: () => Promise<unknown>) =>
      (await shop.statementsOf(work)).filter((sql) => sql.includes('COUNT(*)')).length;
    const first = await counts(async () => {
      const live = [{ count: 2 }];
      await expect(measured()).resolves.toEqual({ 'server_sessions.live': live });
      await login();
      await expect(measured()).resolves.toEqual({ 'server_sessions.live': live });
    });
    stop();
    observeLiveSessions(shop.manager, meters)();
    const afterwards = await counts(measured);
    expect({ first, afterwards }).toEqual({ first: 1, afterwards: 0 });
  });

  it('a count of live sessions that fails is left out', async () => {
    const stop = observeLiveSessions(shop.manager, meters);
    await takeAway(shop.connection);
    await expect(measured()).resolves.toEqual({});
    await bringBack(shop.connection);
    stop();
  });

  it('a wrong option is refused', () => {
    expect(() => new SessionsInstrumentation({ sessionId: 'yes' as never })).toThrow(
      SessionsConfigurationError,
    );
    expect(() => new SessionsInstrumentation({ sessions: true } as never)).toThrow(
      SessionsConfigurationError,
    );
  });
});
