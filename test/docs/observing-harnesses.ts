import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/sequelize';
import { metrics } from '@opentelemetry/api';
import { init, SessionManager, SessionsModule } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import {
  describeAdapters,
  withServer,
  type Harness,
  type LoadableSnippet,
} from '../support/docs/harness.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { freePort } from '../support/servers/processes.js';

const health: Harness = (snippet) => {
  describeAdapters((adapter) => {
    it('the health route is up while sessions can be read', async () => {
      const { HealthModule } = await snippet.load<{ HealthModule: Type }>();

      @Module({ imports: [SessionsModule.forRoot({ storagePath: ':memory:' }), HealthModule] })
      class AppModule {}

      await withServer(AppModule, adapter(), async (ask, _, app) => {
        const connection = app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'), {
          strict: false,
        });
        expect(await ask('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
        await takeAway(connection);
        expect(await ask('GET', '/health')).toMatchObject({
          status: 503,
          body: { error: { sessions: { status: 'down', reason: 'rejected' } } },
        });
        await bringBack(connection);
        expect(await ask('GET', '/health')).toMatchObject({ status: 200 });
      });
    });
  });
};

const readiness: Harness = (snippet) => {
  it('the application is ready until its manager is closed', async () => {
    const { isReady } = await snippet.load<{
      isReady: (sessions: SessionManager) => Promise<boolean>;
    }>();
    const manager = await init({ storagePath: ':memory:' });
    expect(await isReady(manager)).toBe(true);
    await manager.close();
    expect(await isReady(manager)).toBe(false);
  });
};

/** Loads the snippet of the metrics, and returns how to read them. */
const startTelemetry = async ({ load }: LoadableSnippet): Promise<() => Promise<string>> => {
  const port = await freePort();
  process.env['METRICS_PORT'] = String(port);
  await load();
  return async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
};

const stopTelemetry = async (): Promise<void> => {
  await (metrics.getMeterProvider() as unknown as { shutdown(): Promise<void> }).shutdown();
  metrics.disable();
};

const telemetry: Harness = (snippet) => {
  it('Prometheus can read the metrics of sessions', async () => {
    const read = await startTelemetry(snippet);
    const manager = await init({ storagePath: ':memory:' });
    await manager.createSession();
    expect(await read()).toMatch(
      /^server_sessions_changes_total\{.*server_sessions_change="created".*\} 1$/m,
    );
    await manager.close();
    await stopTelemetry();
  });
};

const liveSessions: Harness = (snippet) => {
  it('the live sessions of the application are a metric', async () => {
    const file = join(dirname(snippet.file), 'telemetry.js');
    const read = await startTelemetry({ file, load: () => import(`${file}?live`) });
    const { LiveSessions } = await snippet.load<{ LiveSessions: Type }>();

    @Module({
      imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
      providers: [LiveSessions],
    })
    class AppModule {}

    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    await app.get(SessionManager).createSession();
    expect(await read()).toMatch(/^server_sessions_live\{.*\} 1$/m);
    await app.close();
    await stopTelemetry();
  });
};

const slowLookups: Harness = (snippet) => {
  it('slow lookups are reported', async () => {
    const { onSlowLookup } = await snippet.load<{
      onSlowLookup: (limit: number, report: (milliseconds: number) => void) => void;
    }>();
    const slow: number[] = [];
    onSlowLookup(0, (milliseconds) => slow.push(milliseconds));
    const never: number[] = [];
    onSlowLookup(Infinity, (milliseconds) => never.push(milliseconds));
    const manager = await init({ storagePath: ':memory:' });
    await manager.ping();
    await manager.close();
    expect(slow).toHaveLength(1);
    expect(never).toEqual([]);
  });
};

/** The harnesses of docs/observing.md. */
export const OBSERVING_HARNESSES: Readonly<Record<string, Harness>> = {
  'health.module': health,
  readiness,
  telemetry,
  'live-sessions': liveSessions,
  'slow-lookups': slowLookups,
};
