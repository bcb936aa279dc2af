import { DEFAULT_KIND } from '../../common/kind.js';
import { SessionHttpException } from '../errors/session-http.exception.js';
import { RequestSessions } from '../request/request-sessions.js';
import type { ChannelRequest } from '../source/request-source.js';
import { SessionKinds } from '../request/session-kinds.js';
import { HandshakeProtection, type ResolvedCsrfOptions } from '../transport/cross-origin.js';

/** Checks from which page a connection comes. Each kind of sessions trusts its own pages. */
export class HandshakeOrigins {
  readonly #app: object | undefined;
  readonly #csrf: ResolvedCsrfOptions | false | undefined;
  /** The kinds that trust the page. */
  readonly #trusting = new Set<string>();

  /**
   * @param app the Express application or the Fastify server
   * @param csrf which pages may connect; `undefined` for those of the option `csrf` of each kind
   */
  constructor(app: object | undefined, csrf?: ResolvedCsrfOptions | false) {
    this.#app = app;
    this.#csrf = csrf;
  }

  /** The kinds of the application. If it has none, the default kind: its lookup reports the missing module. */
  get kinds(): readonly string[] {
    return SessionKinds.of(this.#app)?.all.map(({ kind }) => kind) ?? [DEFAULT_KIND];
  }

  /** Returns what checks the page for a kind, in the handshake and in messages; `undefined` if the kind trusts it. */
  protection(kind: string): HandshakeProtection | undefined {
    if (this.#trusting.has(kind)) {
      return undefined;
    }
    const ofKind = RequestSessions.of(this.#app, kind)?.csrf ?? { trustedOrigins: [] };
    const csrf = this.#csrf ?? ofKind;
    return csrf ? new HandshakeProtection(csrf) : undefined;
  }

  /** @throws SessionHttpException if one of these kinds would use the cookie and does not trust the page */
  requireTrustOf(kinds: readonly string[], request: ChannelRequest): void {
    for (const kind of kinds) {
      RequestSessions.resolve(request, kind).requireAllowedOrigin();
      this.#trusting.add(kind);
    }
  }

  /**
   * A kind that would use no cookie refuses no page. So it does not count if another kind would use one.
   *
   * @throws SessionHttpException if no kind trusts the page
   */
  requireTrust(request: ChannelRequest): void {
    const withCookie = this.kinds.filter(
      (kind) => RequestSessions.resolve(request, kind).usesCookie,
    );
    const counting = withCookie.length > 0 ? withCookie : this.kinds;
    const refusals = counting.map((kind) => this.#refusalOf(kind, request));
    if (refusals.every((refusal) => refusal !== undefined)) {
      throw refusals[0]!;
    }
  }

  #refusalOf(kind: string, request: ChannelRequest): SessionHttpException | undefined {
    try {
      this.requireTrustOf([kind], request);
      return undefined;
    } catch (error) {
      if (error instanceof SessionHttpException) {
        return error;
      }
      throw error;
    }
  }
}
