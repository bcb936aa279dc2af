/**
 * What of a request of Express or Fastify is used.
 *
 * @publicApi
 */
export interface SessionRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Name and port of the host that was asked, as the framework finds it behind the proxies that it trusts. */
  readonly host?: string;
  /** `'http'` or `'https'`, as the framework finds it behind the proxies that it trusts. */
  readonly protocol?: string;
  /** Address of the client, as the framework finds it behind the proxies that it trusts. */
  readonly ip?: string;
  /** Express: the application, and the response. */
  readonly app?: object;
  readonly res?: SessionResponse;
  /** Fastify: the server. */
  readonly server?: object;
}

/** What of a response of Express or a reply of Fastify is used. */
export interface SessionResponse {
  getHeader(name: string): number | string | string[] | undefined;
  removeHeader(name: string): unknown;
  header(name: string, value: string | string[]): unknown;
  status(code: number): { send(body: object): unknown };
  /** Express. */
  readonly headersSent?: boolean;
  readonly req?: SessionRequest;
  end(): unknown;
  /** Fastify: whether the reply is sent or taken over, and the response under it. */
  readonly sent?: boolean;
  readonly raw?: { readonly headersSent: boolean; end(): unknown };
  readonly request?: SessionRequest;
}

/** The value of a header that is there at most once. */
export function singleHeader({ headers }: SessionRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value[0] : value;
}

/** Whether it is too late to set a header. */
export function headersSent(response: SessionResponse): boolean {
  return response.headersSent ?? (response.sent === true || response.raw?.headersSent === true);
}
