import type { ServerResponse } from 'node:http';
import { headersSent, type SessionResponse } from '../http-types.js';

const NAME = 'cache-control';

/**
 * Keeps shared caches from giving one visitor's response to another (RFC 9111, section 5.2.2): without the header they
 * cache by their own defaults. A browser may store the response, but revalidates it before each use. A header that the
 * handler sets later replaces this one, and so does the default of @fastify/static: it looks like a choice of the handler.
 */
export function keepPrivate(response: SessionResponse): void {
  if (!headersSent(response) && !isPrivate(response.getHeader(NAME))) {
    response.removeHeader(NAME);
    rawOf(response).setHeader(NAME, 'private, no-cache');
  }
}

/** The responses whose `writeHead` is wrapped: once, since one request of GraphQL can set thousands of cookies. */
const neverStored = new WeakSet<ServerResponse>();

/**
 * Keeps all caches from storing the response, because it sets or clears a token. A header that the handler sets later
 * does not replace this one, which is set again just before the headers are sent
 * (docs/adr/0018-the-head-is-the-last-word.md).
 */
export function neverStore(response: SessionResponse): void {
  response.header(NAME, 'no-store');
  const raw = rawOf(response);
  if (neverStored.has(raw)) {
    return;
  }
  neverStored.add(raw);
  const writeHead = raw.writeHead.bind(raw) as (...parts: unknown[]) => ServerResponse;
  raw.writeHead = (...parts: unknown[]) => {
    raw.setHeader(NAME, 'no-store');
    // Headers in these arguments would replace those that are set.
    return writeHead(...parts.map(withoutCacheControl));
  };
}

/**
 * Returns Node's response. Fastify adds the headers of Node's response to the headers of its reply. If a handler takes
 * over the reply, the headers of Node's response stay.
 */
function rawOf(response: SessionResponse): ServerResponse {
  return (response.raw ?? response) as unknown as ServerResponse;
}

/** Returns whether the header forbids shared caches to store the response. `private="field"` only concerns that field. */
function isPrivate(header: number | string | string[] | undefined): boolean {
  if (header === undefined) {
    return false;
  }
  const directives = [header]
    .flat()
    .join(',')
    .replaceAll(/"(?:[^"\\]|\\.)*"?/g, '');
  return /(?:^|,)[ \t]*(?:private|no-store)[ \t]*(?:,|$)/i.test(directives);
}

/** Removes Cache-Control from an argument of `writeHead`: an object, names and values in turn, or pairs of both. */
function withoutCacheControl(headers: unknown): unknown {
  if (Array.isArray(headers)) {
    return headers.filter((part, at) => !isOurs(Array.isArray(part) ? part[0] : headers[at & ~1]));
  }
  return typeof headers === 'object' && headers !== null
    ? Object.fromEntries(Object.entries(headers).filter(([name]) => !isOurs(name)))
    : headers;
}

const isOurs = (name: unknown): boolean => String(name).toLowerCase() === NAME;
