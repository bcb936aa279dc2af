import { nameOfKind } from '../../common/kind.js';
import type { ResolvedHttpOptions } from '../../http/http.options.js';

/** One way to authenticate: names of schemes, with the scopes that they need. Several ways are alternatives. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

/** How an operation authenticates for one kind of sessions. */
export interface KindSecurity {
  /** The names of the schemes of the kind. */
  readonly schemes: readonly string[];
  readonly session: 'required' | 'optional' | 'none';
}

/** Returns the security schemes of the transports that are on, by their names in the document. */
export function securitySchemes(
  { cookie, bearer }: ResolvedHttpOptions,
  kind: string,
): Record<string, object> {
  const named = (scheme: string) =>
    nameOfKind(kind, `session${scheme}`, () => `${kind}Session${scheme}`);
  return {
    ...(cookie && {
      [named('Cookie')]: {
        type: 'apiKey',
        in: 'cookie',
        name: cookie.name,
        description: 'The session cookie, which a login sets. Browsers send it automatically.',
      },
    }),
    ...(bearer && {
      [named('Bearer')]: {
        type: 'http',
        scheme: 'bearer',
        description: 'The token of the session, for clients that keep it themselves.',
      },
    }),
  };
}

/**
 * Returns the ways to authenticate: those that the handler documents itself, and those of the sessions. If the session is
 * optional, a request without any is one more way, but only if the handler documents no way itself. A handler that uses two
 * kinds needs a scheme of each.
 */
export function requirements(
  own: readonly SecurityRequirement[],
  securities: readonly KindSecurity[],
): SecurityRequirement[] {
  const used = securities.filter(({ session }) => session !== 'none');
  if (used.length === 0) {
    return [...own];
  }
  const ways = used.reduce<SecurityRequirement[]>(
    (before, security) => {
      const added = waysOf(security);
      return before.flatMap((way) => added.map((one) => ({ ...way, ...one })));
    },
    [{}],
  );
  const ours = ways.filter(
    (way) => isPossible(way) && (own.length === 0 || Object.keys(way).length > 0),
  );
  return [...own, ...ours];
}

function waysOf({ schemes, session }: KindSecurity): SecurityRequirement[] {
  const none = session === 'optional' ? [{}] : [];
  return [...none, ...schemes.map((name) => ({ [name]: [] }))];
}

/** A request has only one `Authorization` header. */
const isPossible = (way: SecurityRequirement): boolean =>
  Object.keys(way).filter((name) => name.endsWith('Bearer')).length < 2;
