import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import { SessionStoreError } from '../../common/session-error.js';
import { kindAttribute } from './kind-attribute.js';
import type { SessionDiagnostics } from '../../manager/session-diagnostics.js';

/** Bounds of the histogram of durations, in seconds: a lookup takes a fraction of a millisecond, or up to `timeout`. */
const DURATION_BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Bounds of the histogram of batches, of which the largest has 64 lookups. */
const BATCH_BOUNDS = [1, 2, 4, 8, 16, 32, 64];

/** The attribute for why a session was removed, a request refused, or a call of the database failed. */
const REASON = 'server_sessions.reason';

/** The instruments of all sessions in the process, and what each message of the diagnostics channels adds to them. */
export class SessionMetrics {
  readonly #lookups: Histogram;
  readonly #batches: Histogram;
  readonly #changes: Counter;
  readonly #rejections: Counter;
  readonly #failures: Counter;
  readonly #drops: Counter;

  constructor(meter: Meter) {
    this.#lookups = meter.createHistogram('server_sessions.lookup.duration', {
      description: 'Duration of a lookup of a session, the wait for a connection included.',
      unit: 's',
      advice: { explicitBucketBoundaries: DURATION_BOUNDS },
    });
    this.#batches = meter.createHistogram('server_sessions.lookup.batch.size', {
      description: 'Number of lookups that one statement serves.',
      unit: '{lookup}',
      advice: { explicitBucketBoundaries: BATCH_BOUNDS },
    });
    this.#changes = meter.createCounter('server_sessions.changes', {
      description: 'Number of sessions that were created, updated, renewed, regenerated or ended.',
      unit: '{session}',
    });
    this.#rejections = meter.createCounter('server_sessions.rejections', {
      description: 'Number of requests that were refused.',
      unit: '{request}',
    });
    this.#failures = meter.createCounter('server_sessions.failures', {
      description: 'Number of calls that failed.',
      unit: '{call}',
    });
    this.#drops = meter.createCounter('server_sessions.connections.dropped', {
      description: 'Number of database connections that left the pool, broken or late.',
      unit: '{connection}',
    });
    // It is exported before the first connection drops, so that an alert can see the step from 0 to 1.
    this.#drops.add(0);
  }

  lookup({ milliseconds, error, kind }: SessionDiagnostics['nestjs-server-sessions:lookup']): void {
    const attributes =
      error instanceof SessionStoreError
        ? { 'error.type': error.code, [REASON]: error.reason }
        : {};
    this.#lookups.record(milliseconds / 1000, { ...attributes, ...kindAttribute(kind) });
  }

  batch({ size, kind }: SessionDiagnostics['nestjs-server-sessions:batch']): void {
    this.#batches.record(size, kindAttribute(kind));
  }

  drop(): void {
    this.#drops.add(1);
  }

  event(event: SessionDiagnostics['nestjs-server-sessions:event']): void {
    const ofKind = kindAttribute(event.kind);
    switch (event.type) {
      case 'rejected':
        this.#rejections.add(1, { [REASON]: event.reason, ...ofKind });
        break;
      case 'failed':
        this.#failures.add(1, {
          'error.type': event.code,
          ...(event.reason !== undefined && { [REASON]: event.reason }),
          ...ofKind,
        });
        break;
      case 'removed':
        this.#changes.add(1, {
          'server_sessions.change': event.type,
          [REASON]: event.reason,
          ...ofKind,
        });
        break;
      case 'viewed':
        break;
      default:
        this.#changes.add(1, { 'server_sessions.change': event.type, ...ofKind });
    }
  }
}
