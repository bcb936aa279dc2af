import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { refusalCodeOf } from '../../http/connection/close-connection.js';
import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import type { SessionRequest } from '../../http/http-types.js';
import { handshakeRequest } from '../../http/request/handshake-request.js';
import type { RequestSession } from '../../http/request/request-session.js';
import { RequestSessions, type RequestState } from '../../http/request/request-sessions.js';
import { CHANNEL, SENT_RESPONSE, type Channel } from '../../http/request/request-source.js';
import {
  HandshakeProtection,
  type ResolvedCsrfOptions,
} from '../../http/transport/cross-origin.js';
import { SessionsConfigurationError } from '../../common/session-error.js';

const logger = new Logger('SessionSockets');

/** What a handshake has shown. */
export interface Proof {
  readonly request: SessionRequest;
  /** `undefined` if it could not be looked up, and the handshake does not need it. */
  readonly session: RequestSession | undefined;
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
  #channel: Channel | undefined;

  /**
   * @param instance returns the Express application or the Fastify server
   * @param csrf which origins may connect; `undefined` for those of the option `csrf` of the module
   */
  constructor(instance: () => object | undefined, csrf: ResolvedCsrfOptions | false | undefined) {
    this.#instance = instance;
    this.#csrf = csrf;
  }

  /**
   * Finds the session of a handshake whose origin is allowed.
   *
   * @param isRequired whether the handshake is refused if it has no live session
   * @param token a bearer token that came in another place than the header
   * @throws HandshakeRefusal
   */
  async prove(raw: IncomingMessage, isRequired: boolean, token?: string): Promise<Proof> {
    try {
      const request = this.#request(raw, token);
      const state = this.#resolve(request);
      state.requireAllowedOrigin();
      const session = await (isRequired ? state.find() : state.find().catch(unlessRefused));
      if (isRequired) {
        session?.requireLive(false);
      }
      return { request, session };
    } catch (error) {
      throw toRefusal(error);
    }
  }

  /** @throws HandshakeRefusal if a page of another origin sent the handshake and it would use the cookie */
  requireAllowedOrigin(raw: IncomingMessage): void {
    try {
      this.#resolve(this.#request(raw)).requireAllowedOrigin();
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

  #resolve(request: SessionRequest): RequestState {
    const csrf = this.#csrf ?? RequestSessions.of(request.app)?.csrf ?? { trustedOrigins: [] };
    this.#channel ??= { crossOrigin: csrf ? new HandshakeProtection(csrf) : undefined };
    return RequestSessions.resolve({ ...request, res: SENT_RESPONSE, [CHANNEL]: this.#channel });
  }
}

/** The guard of each message says what is wrong. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof SessionHttpException)) {
    throw error;
  }
}

function toRefusal(error: unknown): HandshakeRefusal {
  if (error instanceof SessionHttpException) {
    const { code, headers } = error;
    const [status, reason] = [error.getStatus(), refusalCodeOf(error)];
    return { status, code, reason, body: error.getResponse() as object, headers };
  }
  logger.error(error);
  const body = { statusCode: 500, message: 'Internal server error' };
  return { status: 500, code: '', reason: '', body, headers: {} };
}
