import type { ResolvedHttpOptions } from '../../http/http.options.js';

/** One way to authenticate: names of schemes, with the scopes that they need. Several ways are alternatives. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

/** Returns the security schemes of the transports that are on, by their names in the document. */
export function securitySchemes({ cookie, bearer }: ResolvedHttpOptions): Record<string, object> {
  return {
    ...(cookie && {
      sessionCookie: {
        type: 'apiKey',
        in: 'cookie',
        name: cookie.name,
        description: 'The session cookie, which a login sets. Browsers send it automatically.',
      },
    }),
    ...(bearer && {
      sessionBearer: {
        type: 'http',
        scheme: 'bearer',
        description: 'The token of the session, for clients that keep it themselves.',
      },
    }),
  };
}

/**
 * Returns the ways to authenticate: those that the handler documents itself, and these schemes. Without any of its own, an
 * optional session is one more way: none.
 */
export function requirements(
  own: readonly SecurityRequirement[],
  schemes: readonly string[],
  session: 'required' | 'optional' | 'none',
): SecurityRequirement[] {
  const none = session === 'optional' && own.length === 0 ? [{}] : [];
  const ours = session === 'none' ? [] : schemes.map((name) => ({ [name]: [] }));
  return [...own, ...none, ...ours];
}
