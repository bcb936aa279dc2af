import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getConnectionToken } from '@nestjs/sequelize';
import { metrics } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Sequelize } from 'sequelize';
import { setUpDocs } from '../../sample/08-observed/src/api-docs.js';
import { AppModule } from '../../sample/08-observed/src/app.module.js';
import { useSample } from '../support/applications/sample.js';
import { clientOf, describeAdapters } from '../support/docs/harness.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { freePort } from '../support/servers/processes.js';

describe('the observed shop', () => {
  let metricsUrl: string;

  beforeAll(async () => {
    const port = await freePort();
    metricsUrl = `http://127.0.0.1:${port}/metrics`;
    process.env['METRICS_PORT'] = String(port);
    await import('../../sample/08-observed/src/telemetry.js');
  });
  afterAll(async () => {
    delete process.env['METRICS_PORT'];
    await (metrics.getMeterProvider() as MeterProvider).shutdown();
  });

  /** Returns what Prometheus reads: the value of each sample, by its name and the labels of this library. */
  const measured = async (): Promise<Record<string, number>> => {
    const text = await (await fetch(metricsUrl)).text();
    const samples = text.matchAll(/^(server_sessions_\w+)\{(.*)\} (\d+)$/gm);
    return Object.fromEntries(
      Array.from(samples, ([, name, labels, value]) => {
        const own = labels!.match(/server_sessions_\w+="[^"]*"/g) ?? [];
        return [[name, ...own].join(' '), Number(value)];
      }),
    );
  };

  describeAdapters((adapter) => {
    const sample = useSample(AppModule, adapter, setUpDocs);

    it('the shop serves its customers', async () => {
      const client = clientOf(sample.url);
      expect(await client('GET', '/basket')).toMatchObject({
        status: 401,
        body: { code: 'SESSION_MISSING' },
      });
      expect(await client('POST', '/login', { name: '' })).toMatchObject({ status: 400 });
      expect(await client('POST', '/login', { name: 'ann' })).toMatchObject({ status: 204 });
      expect(await client('POST', '/basket', { name: 'apple' })).toMatchObject({ body: ['apple'] });
      expect(await client('GET', '/basket')).toEqual({ status: 200, body: ['apple'] });
      expect(await client('POST', '/logout')).toMatchObject({ status: 204 });
      expect(await client('GET', '/basket')).toMatchObject({ status: 401 });
    });

    it('the health check is down while the table is gone, and up again', async () => {
      const client = clientOf(sample.url);
      const connection = sample.app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'), {
        strict: false,
      });
      const up = { status: 200, body: { status: 'ok', info: { sessions: { status: 'up' } } } };
      expect(await client('GET', '/health')).toMatchObject(up);
      await takeAway(connection);
      expect(await client('GET', '/health')).toMatchObject({
        status: 503,
        body: { error: { sessions: { status: 'down', reason: 'rejected' } } },
      });
      await bringBack(connection);
      expect(await client('GET', '/health')).toMatchObject(up);
    });

    it('a login, a refused request and the live sessions are in the metrics', async () => {
      const client = clientOf(sample.url);
      const before = await measured();
      await client('GET', '/basket');
      await client('POST', '/login', { name: 'ann' });
      await client('GET', '/basket');
      const after = await measured();
      const growth = (name: string) => after[name]! - (before[name] ?? 0);
      expect(growth('server_sessions_changes_total server_sessions_change="created"')).toBe(1);
      expect(growth('server_sessions_rejections_total server_sessions_reason="missing"')).toBe(1);
      expect(growth('server_sessions_lookup_duration_count')).toBe(1);
      expect(after).toHaveProperty('server_sessions_live');
    });

    it('the page of Swagger UI is there, and its document has the errors of each route', async () => {
      const client = clientOf(sample.url);
      const page = await client('GET', '/docs');
      expect(page).toMatchObject({ status: 200, body: expect.stringContaining('swagger-ui') });
      const { body } = await client('GET', '/docs-json');
      const errors = (path: string, method: string) =>
        Object.keys(body.paths[path][method].responses).filter((status) => status >= '400');
      expect(errors('/basket', 'get')).toEqual(['401', '503']);
      expect(errors('/basket', 'post')).toEqual(['401', '403', '409', '413', '503']);
      expect(errors('/login', 'post')).toEqual(['403', '413', '503']);
      expect(errors('/logout', 'post')).toEqual(['403', '503']);
      expect(body.components.securitySchemes).toMatchObject({
        sessionCookie: { in: 'cookie', name: '__Host-id' },
        sessionBearer: { scheme: 'bearer' },
      });
    });
  });
});
