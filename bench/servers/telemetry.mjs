import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { SessionsInstrumentation } from '../../dist/integrations/opentelemetry/index.js';
import { INSPECTIONS } from './inspections.mjs';

// Loaded before a server: lets it start and stop the metrics of docs/observing.md. No port is opened.
const reader = new PrometheusExporter({ preventServerStart: true });
const instrumentation = new SessionsInstrumentation({ enabled: false });
instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }));
INSPECTIONS.subscribe = () => instrumentation.enable();
INSPECTIONS.unsubscribe = () => instrumentation.disable();
