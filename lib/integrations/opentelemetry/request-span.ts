import { context, createContextKey, trace, type Span } from '@opentelemetry/api';
import type { SessionDiagnostics } from '../../manager/session-diagnostics.js';
import { kindAttribute } from './kind-attribute.js';

/** Where the HTTP instrumentation keeps the span of the request. The active span can be a child of it, of a framework. */
const RPC_METADATA = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

/** Sets `session.id` of the semantic conventions on the span of the request, and the kind of the session if it has one. */
export function markRequestSpan({
  id,
  kind,
}: SessionDiagnostics['nestjs-server-sessions:request']): void {
  const metadata = context.active().getValue(RPC_METADATA) as { readonly span?: Span } | undefined;
  const span = metadata?.span ?? trace.getActiveSpan();
  span?.setAttributes({ 'session.id': id, ...kindAttribute(kind) });
}
