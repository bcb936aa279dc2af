import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { HandshakeOrigins } from '../../http/connection/handshake-origins.js';
import { refusalCodeOf } from '../../http/connection/close-connection.js';
import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import type { SessionRequest } from '../../http/http-types.js';
import { handshakeRequest } from '../../http/source/handshake-request.js';
import type { RequestSession } from '../../http/request/request-session.js';
import { RequestSessions } from '../../http/request/request-sessions.js';
import {
  CHANNEL,
  SENT_RESPONSE,
  type Channel,
  type ChannelRequest,
} from '../../http/source/request-source.js';
import type { ResolvedCsrfOptions } from '../../http/transport/cross-origin.js';
import { SessionsConfigurationError } from '../../common/session-error.js';

const logger = new Logger('SessionSockets');

/** A handshake whose origin is allowed, with its sessions. */
export interface VerifiedHandshake {
  readonly request: SessionRequest;
  readonly origins: HandshakeOrigins;
  /** The sessions that were found. */
  readonly sessions: readonly RequestSession[];
}

/** Why a handshake is refused: the response that an HTTP client gets. */
export interface HandshakeRefusal {
  readonly status: number;
  /** For the client to switch on; empty if the application has a mistake. */
  readonly code: string;
  /** The close reason for a page of `ws`, which can't read the body. */
  readonly reason: string;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

/** Checks handshakes, before any handler of the application sees the connection. */
export class Handshakes {
  readonly #instance: () => object | undefined;
  readonly #csrf: ResolvedCsrfOptions | false | undefined;

  /**
   * @param instance returns the Express application or the Fastify server
   * @param csrf which origins may connect; `undefined` for those of the option `csrf` of the module
   */
  constructor(instance: () => object | undefined, csrf: ResolvedCsrfOptions | false | undefined) {
    this.#instance = instance;
    this.#csrf = csrf;
  }

  /**
   * Checks the origin of a handshake, and finds its sessions. If there are several kinds and the handshake requires none, it
   * finds no session, and each message looks for its own.
   *
   * @param requires returns whether the handshake is refused if it has no live session of this kind
   * @param token a bearer token that came in another place than the header
   * @throws HandshakeRefusal
   */
  async verify(
    raw: IncomingMessage,
    requires: (kind: string) => boolean,
    token?: string,
  ): Promise<VerifiedHandshake> {
    try {
      const request = this.#request(raw, token);
      const origins = this.#originsOf(request);
      const sent = withChannel(request, origins);
      const required = origins.kinds.filter(requires);
      if (required.length > 0) {
        origins.requireTrustOf(required, sent);
      } else {
        origins.requireTrust(sent);
      }
      const sessions =
        required.length > 0 ? await findLive(required, sent) : await findOnly(origins.kinds, sent);
      return { request, origins, sessions };
    } catch (error) {
      throw toRefusal(error);
    }
  }

  /** @throws HandshakeRefusal if a page that no kind trusts sent the handshake, and it would use a cookie */
  requireAllowedOrigin(raw: IncomingMessage): void {
    try {
      const request = this.#request(raw);
      const origins = this.#originsOf(request);
      origins.requireTrust(withChannel(request, origins));
    } catch (error) {
      throw toRefusal(error);
    }
  }

  #request(raw: IncomingMessage, token?: string): SessionRequest {
    const instance = this.#instance();
    if (!instance) {
      throw new SessionsConfigurationError(
        'SessionSocketsModule found no HTTP adapter. Make the application with NestFactory.create().',
      );
    }
    const request = handshakeRequest(instance, raw);
    return token === undefined
      ? request
      : { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
  }

  #originsOf({ app }: SessionRequest): HandshakeOrigins {
    return new HandshakeOrigins(app, this.#csrf);
  }
}

function withChannel(request: SessionRequest, origins: HandshakeOrigins): ChannelRequest {
  const channel: Channel = { crossOrigin: (kind) => origins.protection(kind) };
  return { ...request, res: SENT_RESPONSE, [CHANNEL]: channel };
}

/** Returns the live session of each kind. */
async function findLive(
  kinds: readonly string[],
  request: ChannelRequest,
): Promise<RequestSession[]> {
  const sessions = await Promise.all(
    kinds.map((kind) => RequestSessions.resolve(request, kind).find()),
  );
  sessions.forEach((session) => session.requireLive(false));
  return sessions;
}

/** Returns the session, which need not be live, of an application with one kind. */
async function findOnly(
  kinds: readonly string[],
  request: ChannelRequest,
): Promise<RequestSession[]> {
  const [kind, ...others] = kinds;
  if (kind === undefined || others.length > 0) {
    return [];
  }
  const found = await RequestSessions.resolve(request, kind).find().catch(unlessRefused);
  return found ? [found] : [];
}

/** Ignores a refusal, since the guard of each message says what is wrong. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof SessionHttpException)) {
    throw error;
  }
}

export function toRefusal(error: unknown): HandshakeRefusal {
  if (error instanceof SessionHttpException) {
    const { code, headers } = error;
    const [status, reason] = [error.getStatus(), refusalCodeOf(error)];
    return { status, code, reason, body: error.getResponse() as object, headers };
  }
  logger.error(error);
  const body = { statusCode: 500, message: 'Internal server error' };
  return { status: 500, code: '', reason: '', body, headers: {} };
}
