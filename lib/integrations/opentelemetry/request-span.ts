import { context, createContextKey, trace, type Span } from '@opentelemetry/api';

/** Where the instrumentation of HTTP keeps the span of the request, since that of a framework is a child of it. */
const RPC_METADATA = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

/** Sets `session.id` of the semantic conventions on the span of the request. */
export function markRequestSpan({ id }: { readonly id: string }): void {
  const metadata = context.active().getValue(RPC_METADATA) as { readonly span?: Span } | undefined;
  const span = metadata?.span ?? trace.getActiveSpan();
  span?.setAttribute('session.id', id);
}
