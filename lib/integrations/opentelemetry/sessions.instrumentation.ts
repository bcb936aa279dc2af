import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { metrics, type MeterProvider } from '@opentelemetry/api';
import { checkBoolean, ownOptions } from '../../common/checks.js';
import type { SessionDiagnostics } from '../../manager/session-diagnostics.js';
import { markRequestSpan } from './request-span.js';
import { SCOPE } from './scope.js';
import { SessionMetrics } from './session-metrics.js';

/**
 * Options of `SessionsInstrumentation`.
 *
 * @publicApi
 */
export interface SessionsInstrumentationConfig {
  /** Whether it is active as soon as it exists. Default: `true` */
  readonly enabled?: boolean;
  /**
   * Whether the span of a request gets the public id of its session as `session.id`, which the semantic conventions of
   * OpenTelemetry make opt-in. The id gives no access, but says which requests one user sent. Default: `false`
   */
  readonly sessionId?: boolean;
}

/** What to do with the messages of a channel. */
type Handlers = {
  readonly [Name in keyof SessionDiagnostics]?: (message: SessionDiagnostics[Name]) => void;
};

/**
 * Metrics and the id of the session on spans, for OpenTelemetry. It has the interface of an instrumentation, for
 * `NodeSDK` and `registerInstrumentations`, and measures all sessions in the process.
 *
 * @example
 * ```ts
 * new NodeSDK({ instrumentations: [new SessionsInstrumentation({ sessionId: true })] }).start();
 * ```
 * @publicApi
 */
export class SessionsInstrumentation {
  /** The name of the scope. */
  readonly instrumentationName = SCOPE;
  /** The version of the scope. It is empty, since the name of a metric changes only with a major version. */
  readonly instrumentationVersion = '';
  #config!: SessionsInstrumentationConfig;
  #metrics: SessionMetrics;
  #isEnabled = false;

  readonly #handlers: Handlers = {
    'nestjs-server-sessions:lookup': (lookup) => this.#metrics.lookup(lookup),
    'nestjs-server-sessions:batch': (batch) => this.#metrics.batch(batch),
    'nestjs-server-sessions:drop': () => this.#metrics.drop(),
    'nestjs-server-sessions:event': (event) => this.#metrics.event(event),
  };
  readonly #spanHandlers: Handlers = { 'nestjs-server-sessions:request': markRequestSpan };

  /** @throws SessionsConfigurationError for wrong options */
  constructor(config: SessionsInstrumentationConfig = {}) {
    this.setConfig(config);
    this.#metrics = new SessionMetrics(metrics.getMeter(SCOPE));
    if (this.#config.enabled !== false) {
      this.enable();
    }
  }

  /** Starts measuring. */
  enable(): void {
    if (!this.#isEnabled) {
      this.#isEnabled = true;
      each(this.#active, subscribe);
    }
  }

  /** Stops measuring. */
  disable(): void {
    this.#isEnabled = false;
    each(this.#handlers, unsubscribe);
    each(this.#spanHandlers, unsubscribe);
  }

  /** Sets where the metrics go; called by the SDK. Default: the global provider */
  setMeterProvider(provider: MeterProvider): void {
    this.#metrics = new SessionMetrics(provider.getMeter(SCOPE));
  }

  /** Called by the SDK. It has no effect, since no span is started. */
  setTracerProvider(): void {}

  /** Returns the options. */
  getConfig(): SessionsInstrumentationConfig {
    return this.#config;
  }

  /**
   * Replaces the options.
   *
   * @throws SessionsConfigurationError for wrong options
   */
  setConfig(config: SessionsInstrumentationConfig): void {
    const known = ['enabled', 'sessionId'];
    const { enabled, sessionId } = ownOptions('SessionsInstrumentation', config, known);
    this.#config = {
      enabled: checkBoolean('enabled', enabled ?? true),
      sessionId: checkBoolean('sessionId', sessionId ?? false),
    };
    if (this.#isEnabled) {
      this.disable();
      this.enable();
    }
  }

  get #active(): Handlers {
    return this.#config.sessionId ? { ...this.#handlers, ...this.#spanHandlers } : this.#handlers;
  }
}

function each(
  handlers: Handlers,
  action: (name: string, handler: (message: unknown) => void) => void,
): void {
  for (const [name, handler] of Object.entries(handlers)) {
    action(name, handler as (message: unknown) => void);
  }
}
