/**
 * The part of an Express or Fastify request that is used.
 *
 * @publicApi
 */
export interface SessionRequest {
  /** In upper case, such as `GET`. */
  readonly method: string;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Name and port of the requested host, as the framework finds them behind the proxies that it trusts. */
  readonly host?: string | undefined;
  /** `'http'` or `'https'`, as the framework finds it behind the proxies that it trusts. */
  readonly protocol?: string | undefined;
  /** Address of the client, as the framework finds it behind the proxies that it trusts. */
  readonly ip?: string | undefined;
  /** Express: the application. */
  readonly app?: object;
  /** Express: the response. */
  readonly res?: SessionResponse;
  /** Fastify: the server. */
  readonly server?: object;
  /** Express: the route. */
  readonly route?: {
    /** Its pattern. */
    readonly path?: unknown;
  };
  /** Fastify: the route. */
  readonly routeOptions?: {
    /** Its pattern. */
    readonly url?: unknown;
  };
}

/**
 * The part of an Express response or a Fastify reply that is used.
 *
 * @publicApi
 */
export interface SessionResponse {
  /** Returns the value of a header that is set. */
  getHeader(name: string): number | string | string[] | undefined;
  /** Removes a header. */
  removeHeader(name: string): unknown;
  /** Sets a header. */
  header(name: string, value: string | string[]): unknown;
  /** Sets the status of the response. */
  status(code: number): { send(body: object): unknown };
  /** Ends the response. */
  end(): unknown;
  /** Express: whether it is too late to set a header. */
  readonly headersSent?: boolean;
  /** Fastify: whether the reply is sent or taken over. */
  readonly sent?: boolean;
  /** Fastify: the response under the reply. */
  readonly raw?: { readonly headersSent: boolean; end(): unknown };
}

/** Returns the value of a header of the request itself, not of a polluted `Object.prototype`. */
export function requestHeader(
  { headers }: SessionRequest,
  name: string,
): string | string[] | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined;
}

/** Returns the value of a header that a request has at most once. */
export function singleHeader(request: SessionRequest, name: string): string | undefined {
  const value = requestHeader(request, name);
  return typeof value === 'object' ? value[0] : value;
}

/** Returns whether it is too late to set a header. */
export function headersSent(response: SessionResponse): boolean {
  return response.headersSent ?? (response.sent === true || response.raw?.headersSent === true);
}

/**
 * Returns the method and the route of a request for a log, such as `GET /orders/:id`. The route is a pattern: a URL may hold
 * a secret.
 */
export function describeRequest({ method, route, routeOptions }: SessionRequest): string {
  const path = route?.path ?? routeOptions?.url;
  return typeof path === 'string' ? `${method} ${path}` : method;
}
