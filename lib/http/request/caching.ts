import type { ServerResponse } from 'node:http';
import { headersSent, type SessionResponse } from '../http-types.js';

const NAME = 'cache-control';

/**
 * Keeps shared caches from giving the response for one visitor to another (RFC 9111, section 5.2.2): they cache by their
 * own defaults what says nothing. A browser may store it, and asks again before it shows it. What the handler sets later
 * replaces this.
 */
export function keepPrivate(response: SessionResponse): void {
  if (!headersSent(response) && !isPrivate(response.getHeader(NAME))) {
    response.removeHeader(NAME);
    rawOf(response).setHeader(NAME, 'private, no-cache');
  }
}

/**
 * Keeps all caches from storing the response, because it has a token or clears one. What the handler sets later does not
 * replace this, since the header is set again just before it is sent (docs/adr/0018-the-head-is-the-last-word.md).
 */
export function neverStore(response: SessionResponse): void {
  response.header(NAME, 'no-store');
  const raw = rawOf(response);
  const writeHead = raw.writeHead.bind(raw) as (...parts: unknown[]) => ServerResponse;
  raw.writeHead = (...parts: unknown[]) => {
    raw.setHeader(NAME, 'no-store');
    // Headers that are given here would replace those that are set.
    return writeHead(...parts.map(withoutCacheControl));
  };
}

/** Fastify merges what is set on Node's response into its own headers, and a handler that takes over the reply keeps it. */
function rawOf(response: SessionResponse): ServerResponse {
  return (response.raw ?? response) as unknown as ServerResponse;
}

/** Whether shared caches may not store such a response: `private="field"` is about that field alone. */
function isPrivate(header: number | string | string[] | undefined): boolean {
  const directives = [header ?? []]
    .flat()
    .join(',')
    .replaceAll(/"(?:[^"\\]|\\.)*"?/g, '');
  return /(?:^|,)[ \t]*(?:private|no-store)[ \t]*(?:,|$)/i.test(directives);
}

/** Headers as `writeHead` takes them: an object, names and values in turn, or pairs of both. */
function withoutCacheControl(headers: unknown): unknown {
  if (Array.isArray(headers)) {
    return headers.filter((part, at) => !isOurs(Array.isArray(part) ? part[0] : headers[at & ~1]));
  }
  return typeof headers === 'object' && headers !== null
    ? Object.fromEntries(Object.entries(headers).filter(([name]) => !isOurs(name)))
    : headers;
}

const isOurs = (name: unknown): boolean => String(name).toLowerCase() === NAME;
