import type { IncomingMessage } from 'node:http';
import type { SessionRequest } from '../http-types.js';

/** What a framework finds out about a request behind the proxies that it trusts. */
type Route = Pick<SessionRequest, 'host' | 'protocol' | 'ip'>;

/**
 * Returns the request of a handshake. Frameworks do not see upgrades, but they know which proxies are trusted. So this asks
 * the request class of the framework for the host, the scheme and the address.
 *
 * @param instance the Express application or the Fastify server
 */
export function handshakeRequest(instance: object, raw: IncomingMessage): SessionRequest {
  const framework = instance as Express & Fastify;
  const { host, protocol, ip } =
    throughExpress(framework, raw) ?? throughFastify(framework, raw) ?? direct(raw);
  return { method: 'GET', headers: { ...raw.headers }, host, protocol, ip, app: instance };
}

function throughExpress({ request }: Express, raw: IncomingMessage): Route | undefined {
  const property = (value: unknown) => ({ value, configurable: true });
  return (
    request &&
    Object.create(request, {
      headers: property(raw.headers),
      socket: property(raw.socket),
      connection: property(raw.socket),
    })
  );
}

function throughFastify(server: Fastify, raw: IncomingMessage): Route | undefined {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'fastify.Request',
  );
  const Request = symbol && server[symbol];
  return Request && new Request('', {}, raw, {}, undefined, { server });
}

function direct({ headers, socket }: IncomingMessage): Route {
  const protocol = 'encrypted' in socket ? 'https' : 'http';
  return { host: headers.host, protocol, ip: socket.remoteAddress };
}

interface Express {
  /** The prototype of its requests. */
  readonly request?: object;
}

interface Fastify {
  /** The class of its requests. */
  readonly [symbol: symbol]: (new (...args: unknown[]) => Route) | undefined;
}
