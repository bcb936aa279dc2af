import { ownOptions, invalidOption } from '../../common/checks.js';
import { singleHeader, type SessionRequest } from '../http-types.js';

/**
 * Options of the protection against requests that pages of other origins send with the visitor's cookie.
 *
 * @publicApi
 */
export interface CsrfOptions {
  /**
   * Origins of pages that may send such requests, as browsers send them: `'https://app.example.com'`, or
   * `'capacitor://localhost'`.
   *
   * @default []
   */
  readonly trustedOrigins?: readonly string[] | undefined;
}

/** `CsrfOptions` with its defaults, checked. */
export interface ResolvedCsrfOptions {
  readonly trustedOrigins: readonly string[];
}

/** Methods that change nothing (RFC 9110, section 9.2.1). */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Characters of a host and its port. A URL parser reads others as something else: `x@` as a user, U+00AA as an `a`. */
const HOST = /^[\w.:[\]-]+$/;

/**
 * Distinguishes requests of the application's own pages from those of others, by headers that browsers set
 * (docs/adr/0007-sec-fetch-site-decides.md).
 */
export class CrossOriginProtection {
  readonly #trustedOrigins: ReadonlySet<string | undefined>;

  constructor({ trustedOrigins }: ResolvedCsrfOptions) {
    this.#trustedOrigins = new Set(trustedOrigins);
  }

  /**
   * Returns whether a request may use the cookie. This is so if the method changes nothing, if the request comes from a
   * trusted origin or from the application's own, or if no header shows the origin. Browsers do not send requests without
   * such a header.
   */
  allows(request: SessionRequest): boolean {
    return SAFE_METHODS.has(request.method) || this.allowsUnsafe(request);
  }

  /** The same for a request whose method can change something. */
  protected allowsUnsafe(request: SessionRequest): boolean {
    const origin = singleHeader(request, 'origin');
    if (this.trusts(origin)) {
      return true;
    }
    const site = singleHeader(request, 'sec-fetch-site');
    if (site !== undefined) {
      return site === 'same-origin' || site === 'none';
    }
    return origin === undefined || isOriginOf(origin, request.host);
  }

  /** Returns whether the option lists this origin. */
  protected trusts(origin: string | undefined): boolean {
    return this.#trustedOrigins.has(origin);
  }
}

/**
 * The protection of handshakes, which are GET requests, but open a connection that can change something. No browser sends
 * Sec-Fetch-Site with a WebSocket on plain http, and some never do, so the scheme counts too: a page that somebody on the
 * network put at `http://` must not open a socket of the same host over TLS.
 */
export class HandshakeProtection extends CrossOriginProtection {
  override allows(request: SessionRequest): boolean {
    const origin = singleHeader(request, 'origin');
    const isOtherScheme = request.protocol === 'https' && origin?.startsWith('http:') === true;
    return this.allowsUnsafe(request) && (!isOtherScheme || this.trusts(origin));
  }
}

/**
 * Headers of which a GET or HEAD must have one, since a link or an image on a page of another site may have none: on plain
 * http and from older browsers, it has neither of the first two. A page can set the last two only in a request to its own
 * origin, or with CORS, which adds an `Origin`.
 */
const SIGNS = ['origin', 'sec-fetch-site', 'apollo-require-preflight', 'x-apollo-operation-name'];

/** The protection of GraphQL operations with a safe method, which changes nothing in other requests. */
export class OperationProtection extends CrossOriginProtection {
  override allows(request: SessionRequest): boolean {
    return SIGNS.some((name) => singleHeader(request, name)) && this.allowsUnsafe(request);
  }
}

/**
 * Returns whether a page of one of these origins sent the request. If the browser sends `Sec-Fetch-Mode`, only a navigation
 * counts: a script of those pages must not send such a request.
 */
export function comesFrom(request: SessionRequest, origins: readonly string[]): boolean {
  const origin = singleHeader(request, 'origin');
  const mode = singleHeader(request, 'sec-fetch-mode') ?? 'navigate';
  return origin !== undefined && origins.includes(origin) && mode === 'navigate';
}

/** @throws SessionsConfigurationError */
export function resolveCsrfOptions(
  csrf: CsrfOptions | false = {},
): ResolvedCsrfOptions | undefined {
  if (csrf === false) {
    return undefined;
  }
  const { trustedOrigins = [] } = ownOptions('csrf', csrf, ['trustedOrigins']);
  if (!Array.isArray(trustedOrigins)) {
    throw invalidOption('csrf.trustedOrigins', trustedOrigins, 'an array of origins');
  }
  checkOrigins('csrf.trustedOrigins', trustedOrigins);
  return { trustedOrigins };
}

/**
 * Checks that each value is exactly an origin as browsers send it. The origin `null` of a page that hides its own is not
 * one: any page can send it.
 *
 * @param name name of the list, for the message
 * @throws SessionsConfigurationError
 */
export function checkOrigins(name: string, origins: readonly unknown[]): void {
  const strange = origins.findIndex((origin) => !parseOrigin(origin));
  if (strange >= 0) {
    const expected =
      'an origin as browsers send it, such as "https://app.example.com", and not "null"';
    throw invalidOption(`${name}[${strange}]`, origins[strange], expected);
  }
}

/**
 * Returns the URL of a string that is exactly an origin as browsers send it. An application's own scheme is valid too.
 */
function parseOrigin(text: unknown): URL | undefined {
  const url = parse(text);
  const isOrigin = url?.host && !url.host.includes('*') && text === `${url.protocol}//${url.host}`;
  return isOrigin ? url : undefined;
}

/**
 * Compares the hosts, if there is no Sec-Fetch-Site: older browsers don't send it, and none does on plain http beyond
 * localhost. A proxy may send Host in another case, or with the default port.
 */
function isOriginOf(origin: string, host = ''): boolean {
  const page = parseOrigin(origin);
  return (
    page !== undefined && HOST.test(host) && page.host === parse(`${page.protocol}//${host}`)?.host
  );
}

function parse(url: unknown): URL | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
}
