import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { SessionsInstrumentation } from 'nestjs-server-sessions/opentelemetry';

/** Only processes of this machine can read the metrics. */
const reader = new PrometheusExporter({
  host: '127.0.0.1',
  port: Number(process.env['METRICS_PORT'] ?? 9464),
});
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
registerInstrumentations({ instrumentations: [new SessionsInstrumentation()] });
