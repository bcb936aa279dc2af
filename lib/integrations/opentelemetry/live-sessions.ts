import { metrics, type MeterProvider, type ObservableResult } from '@opentelemetry/api';
import { SessionStoreError } from '../../common/session-error.js';
import { shownKind } from '../../common/kind.js';
import { serviceOf, type SessionManager } from '../../manager/session-manager.js';
import { kindAttribute } from './kind-attribute.js';
import { SCOPE } from './scope.js';

/** Milliseconds for which a count is used again, however often the metrics are read. */
const COUNTED_FOR_MS = 60_000;

/**
 * Adds the metric `server_sessions.live`, the number of live sessions in the table of this manager. It counts them by
 * `countSessions()` when the metrics are read, at most once a minute. All processes of one table get the same number, so
 * let one of them observe it, or take the maximum.
 *
 * @param provider where the metric goes. Default: the global provider
 * @returns a function that removes the metric; the end of the manager removes it too
 * @example
 * ```ts
 * observeLiveSessions(app.get(SessionManager));
 * ```
 * @publicApi
 */
export function observeLiveSessions(
  manager: SessionManager,
  provider: MeterProvider = metrics.getMeterProvider(),
): () => void {
  const gauge = provider.getMeter(SCOPE).createObservableGauge('server_sessions.live', {
    description: 'Number of live sessions in the table.',
    unit: '{session}',
  });
  const attributes = kindAttribute(shownKind(serviceOf(manager).kind).kind);
  const count = recent(() => manager.countSessions());
  const observe = async (result: ObservableResult) => {
    const live = await count();
    if (live !== undefined) {
      result.observe(live, attributes);
    }
  };
  gauge.addCallback(observe);
  const stop = () => {
    gauge.removeCallback(observe);
    ends.unsubscribe();
  };
  const ends = manager.events$.subscribe({ complete: () => gauge.removeCallback(observe) });
  return stop;
}

/** Returns a function that counts at most once in `COUNTED_FOR_MS`. While the database is unavailable, it returns nothing. */
function recent(count: () => Promise<number>): () => Promise<number | undefined> {
  let since = -Infinity;
  let latest: Promise<number | undefined>;
  return () => {
    const now = performance.now();
    if (now - since >= COUNTED_FOR_MS) {
      since = now;
      latest = count().catch((error: unknown) => {
        if (error instanceof SessionStoreError) {
          return undefined;
        }
        throw error;
      });
    }
    return latest;
  };
}
