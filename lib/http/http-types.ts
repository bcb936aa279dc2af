/**
 * What of a request of Express or Fastify is used.
 *
 * @publicApi
 */
export interface SessionRequest {
  /** In capitals, as `GET`. */
  readonly method: string;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Name and port of the host that was asked, as the framework finds it behind the proxies that it trusts. */
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
}

/**
 * What of a response of Express or a reply of Fastify is used.
 *
 * @publicApi
 */
export interface SessionResponse {
  /** The value of a header that is set. */
  getHeader(name: string): number | string | string[] | undefined;
  /** Takes a header back. */
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

/** The value of a header of the request itself: what other code put on `Object.prototype` is none. */
export function requestHeader(
  { headers }: SessionRequest,
  name: string,
): string | string[] | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined;
}

/** The value of a header that is there at most once. */
export function singleHeader(request: SessionRequest, name: string): string | undefined {
  const value = requestHeader(request, name);
  return typeof value === 'object' ? value[0] : value;
}

/** Whether it is too late to set a header. */
export function headersSent(response: SessionResponse): boolean {
  return response.headersSent ?? (response.sent === true || response.raw?.headersSent === true);
}
