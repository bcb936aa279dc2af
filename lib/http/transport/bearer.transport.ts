/** What an `Authorization` header means to the sessions of the application. */
export interface Bearer {
  /** The token of the scheme `Bearer`, valid or not. Empty if the header has another scheme. */
  readonly token: string;
  /** Whether the header holds a token of this library, even a damaged one. */
  readonly isOurs: boolean;
}

/**
 * What a token of this library looks like, even a damaged one: the second half of a session id, a dot and 20 characters of
 * the secret, in any case. It has a fixed length, so a search takes linear time.
 */
const SESSION_TOKEN = /-[0-9a-f]{4}-[0-9a-f]{12}\.[\w-]{20}/i;

/** What a token of the package `server-sessions` looks like: a UUIDv4, in any case. */
const LEGACY_TOKEN = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/i;

/**
 * Reads the `Authorization` header of a request. The header can also hold a token of somebody else, such as a proxy that
 * signs users in (docs/adr/0022-foreign-bearers.md).
 */
export class BearerTransport {
  readonly #acceptsLegacyTokens: () => boolean;

  /** @param acceptsLegacyTokens returns whether tokens of `server-sessions` count as tokens of this library */
  constructor(acceptsLegacyTokens: () => boolean) {
    this.#acceptsLegacyTokens = acceptsLegacyTokens;
  }

  /**
   * Returns the bearer token of a header (RFC 6750, section 2.1); `undefined` if the header is missing, or has another
   * scheme and holds no token of this library. Only spaces separate the scheme from the token.
   */
  read(header: string | undefined): Bearer | undefined {
    if (header === undefined) {
      return undefined;
    }
    const token = /^bearer(?: |$)/i.test(header) ? withoutSpaces(header, SCHEME_LENGTH) : undefined;
    const isOurs =
      SESSION_TOKEN.test(header) || (this.#acceptsLegacyTokens() && LEGACY_TOKEN.test(header));
    return token === undefined && !isOurs ? undefined : { token: token ?? '', isOurs };
  }
}

const SCHEME_LENGTH = 'bearer'.length;

/** Returns the text from a position on, without the spaces there. A pattern could need too much stack for a long text. */
function withoutSpaces(text: string, from: number): string {
  let at = from;
  while (text[at] === ' ') {
    at++;
  }
  return text.slice(at);
}
