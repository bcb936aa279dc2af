import type { ArgumentsHost } from '@nestjs/common';
import {
  closeWebSocket,
  goesOn,
  UNAUTHORIZED,
  type ClosableWebSocket,
} from '../../http/connection/close-connection.js';
import { HandshakeOrigins } from '../../http/connection/handshake-origins.js';
import { ConnectionSession, messageRequest } from '../../http/connection/connection-session.js';
import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import type { HandshakeProtection } from '../../http/transport/cross-origin.js';
import type { SessionRequest } from '../../http/http-types.js';
import type { RequestSession } from '../../http/request/request-session.js';
import { RequestSessions } from '../../http/request/request-sessions.js';
import { CHANNEL, type Channel, type ChannelRequest } from '../../http/source/request-source.js';

/**
 * The close code for a page of another origin, and if the session goes on with another cookie. Clients of graphql-ws connect
 * again after it, which they don't after `UNAUTHORIZED`.
 */
const FORBIDDEN = 4403;

/**
 * The connection of one client that sends operations. Each operation looks for the session anew, by the token of the
 * handshake or of `connection_init`. When the session ends, the connection is closed.
 */
export class GraphqlConnection implements Channel {
  readonly cookieRefusal =
    "in an operation over a socket, which can't set a cookie. Send this operation over HTTP, and let the client connect again " +
    'after it.';
  readonly #socket: ClosableWebSocket;
  readonly #session: ConnectionSession;
  #handshake: SessionRequest;
  readonly #origins: HandshakeOrigins;
  readonly #requests = new WeakMap<object, ChannelRequest>();

  /** @param handshake the request of the handshake, with its own copy of the headers */
  constructor(handshake: SessionRequest, socket: ClosableWebSocket) {
    this.#handshake = handshake;
    this.#socket = socket;
    this.#origins = new HandshakeOrigins(handshake.app);
    this.#session = new ConnectionSession((code) =>
      closeWebSocket(socket, goesOn(code) ? FORBIDDEN : UNAUTHORIZED, code),
    );
    socket.once('close', () => this.#session.closed());
  }

  /** Returns what checks the origin of the handshake; `undefined` once the kind is known to trust it. */
  crossOrigin(kind: string): HandshakeProtection | undefined {
    return this.#origins.protection(kind);
  }

  /**
   * Handles `connection_init`: watches the session of the connection. With several kinds, the first operation that uses a
   * session does this. A connection without a session stays open, since its operations can be public. A connection that a
   * page of another origin opened is closed.
   *
   * @param params what the client sent with the message
   * @returns whether the connection stays open
   */
  async init(params: unknown): Promise<boolean> {
    this.#handshake = withToken(this.#handshake, params);
    const request = this.#request(undefined);
    const { kinds } = this.#origins;
    try {
      this.#origins.requireTrust(request);
      if (kinds.length === 1) {
        await RequestSessions.resolve(request, kinds[0]!).find();
      }
    } catch (error) {
      if (!(error instanceof SessionHttpException)) {
        throw error;
      }
      if (error.code === 'SESSION_CROSS_ORIGIN') {
        closeWebSocket(this.#socket, FORBIDDEN, error.code);
        return false;
      }
      // The guard of each operation says what is wrong.
    }
    return !this.#session.hasEnded;
  }

  /** Watches the session that a lookup found, until it ends or the connection is closed. */
  found(session: RequestSession): void {
    this.#session.found(session);
  }

  /**
   * Returns the request of an operation.
   *
   * @param operation what all resolvers of the operation share; `undefined` outside of an operation
   * @throws SessionHttpException if the session has ended
   */
  requestFor(operation: object | undefined, context: ArgumentsHost | undefined): ChannelRequest {
    const { refusal } = this.#session;
    if (refusal) {
      throw refusal;
    }
    const request = (operation && this.#requests.get(operation)) ?? this.#request(context);
    if (operation) {
      this.#requests.set(operation, request);
    }
    const event = pushedEvent(context);
    return event ? asPush(request, event) : request;
  }

  #request(context: ArgumentsHost | undefined): ChannelRequest {
    return messageRequest(this.#handshake, 'OPERATION', context, this);
  }
}

/** Returns the request with the `Authorization` of `connection_init`, which scripts send instead of a header. */
function withToken(request: SessionRequest, params: unknown): SessionRequest {
  const [, authorization] =
    Object.entries(Object(params) as object).find(
      ([name, value]) => name.toLowerCase() === 'authorization' && typeof value === 'string',
    ) ?? [];
  return authorization === undefined
    ? request
    : { ...request, headers: { ...request.headers, authorization } };
}

/**
 * Returns an object that all fields of one event of a subscription share: the root of their paths. Returns `undefined`
 * for the root field, by which the client subscribes, and for fields of a query or a mutation.
 */
function pushedEvent(context: ArgumentsHost | undefined): object | undefined {
  const info = context?.getArgs<unknown[]>()[3] as ResolveInfo | undefined;
  let path = info?.operation?.operation === 'subscription' ? info.path : undefined;
  if (path?.prev === undefined) {
    return undefined;
  }
  while (path.prev) {
    path = path.prev;
  }
  return path;
}

/** The request of each event, so that a field finds the session that its guard has checked. */
const pushes = new WeakMap<object, ChannelRequest>();

/** Returns the request with its session, for a guard that must not renew it. */
function asPush(request: ChannelRequest, event: object): ChannelRequest {
  let push = pushes.get(event);
  if (!push) {
    const channel: Channel = {
      crossOrigin: (kind) => request[CHANNEL]?.crossOrigin(kind),
      renews: false,
    };
    push = Object.create(request, { [CHANNEL]: { value: channel } }) as ChannelRequest;
    pushes.set(event, push);
  }
  return push;
}

/** The part of `GraphQLResolveInfo` that is used. */
interface ResolveInfo {
  readonly operation?: { readonly operation: string };
  readonly path?: FieldPath;
}

interface FieldPath {
  readonly prev: FieldPath | undefined;
}
