import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { observeLiveSessions, SessionsInstrumentation } from 'nestjs-server-sessions/opentelemetry';
import { ADAPTERS, startApp } from '../support/applications/applications.js';
import { ShopController } from '../support/applications/shop.controller.js';
import { ROOT } from '../support/docs/snippets.js';
import { takeAway } from '../support/faults/outage.js';
import { bearerOf } from '../support/http/responses.js';

/** Returns what Prometheus reads from an application that served each kind of request. */
async function exported(): Promise<string> {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const meters = new MeterProvider({ readers: [reader] });
  const shop = await startApp(ADAPTERS[0]!, { controllers: [ShopController] });
  const instrumentation = new SessionsInstrumentation();
  instrumentation.setMeterProvider(meters);
  observeLiveSessions(shop.manager, meters);
  const { token } = (await shop.http().post('/login').send({ name: 'ada' })).body;
  await shop.http().get('/me').set('Authorization', bearerOf(token)).expect(200);
  await shop.http().get('/me').expect(401);
  await reader.collect();
  await takeAway(shop.connection);
  await shop.http().get('/me').set('Authorization', bearerOf(token)).expect(503);
  const { resourceMetrics } = await reader.collect();
  instrumentation.disable();
  await shop.close();
  await meters.shutdown();
  return new PrometheusSerializer().serialize(resourceMetrics);
}

it('the dashboard names only metrics and labels that an application exports, and all of the metrics', async () => {
  const text = await exported();
  const dashboard = readFileSync(join(ROOT, 'docs/grafana-dashboard.json'), 'utf8');
  const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] };
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  // The name of a metric, or a pattern: the exporter of OpenTelemetry's Collector appends the unit, that of its SDK does not.
  const named = queries.flatMap(
    (query) => query.match(/\bserver_sessions_\w+(?=\{)|(?<=__name__=~")[^"]+/g) ?? [],
  );
  expect(named.length).toBeGreaterThanOrEqual(queries.length);
  const samples = [...new Set(text.match(/^server_sessions_\w+/gm))];
  const isExported = (name: string) =>
    samples.some((sample) => new RegExp(`^(?:${name})$`).test(sample));
  expect(named.filter((name) => !isExported(name))).toEqual([]);

  const labels = new Set(Array.from(text.matchAll(/[{,](\w+)="/g), ([, label]) => label));
  const grouped = queries.flatMap((query) =>
    Array.from(query.matchAll(/by \(([\w, ]+)\)/g), ([, list]) => list!.split(', ')).flat(),
  );
  expect(grouped.length).toBeGreaterThan(0);
  expect(grouped.filter((label) => !labels.has(label))).toEqual([]);

  const families = text.match(/(?<=^# TYPE )server_sessions_\w+/gm)!;
  expect(families).toHaveLength(7);
  expect(families.filter((family) => !named.some((name) => name.startsWith(family)))).toEqual([]);
});
