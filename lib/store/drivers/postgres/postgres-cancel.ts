import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { RawConnection } from '../driver.js';

/** Milliseconds after which a request that gets no response is abandoned. */
const CANCEL_TIMEOUT_MS = 5_000;

/**
 * Asks PostgreSQL to end the statement that runs on a connection, by a CancelRequest. It takes a connection outside the
 * pool, which carries nothing else. PostgreSQL and PgBouncer ignore a request whose key they did not hand out, so another
 * server at the same address does no harm.
 *
 * @returns whether it sends a request: not for `pg-native`, which does not show the key, nor for a stream of the
 * application, which leads to an unknown server
 */
export function cancelStatement(raw: RawConnection): boolean {
  const { connection, processID, secretKey, host, port, ssl, sslNegotiation } = raw as Client;
  if (!connection || processID === null || secretKey === null) {
    return false;
  }
  const isSocketFile = host.startsWith('/');
  const { remoteAddress, remotePort } = connection.stream;
  if (!isSocketFile && remotePort !== port) {
    // The application brings its own stream. Somebody else may listen at `host`, who must not get the key.
    return false;
  }
  const request = new connection.constructor({ ssl, sslNegotiation });
  const abandon = () => void request.stream.destroy();
  const timer = setTimeout(abandon, CANCEL_TIMEOUT_MS).unref();
  // The connection of the statement is dropped soon, whatever becomes of the request.
  request.on('error', abandon);
  request.on('end', () => clearTimeout(timer));
  request.once('connect', () => {
    if (!ssl) {
      request.cancel(processID, secretKey);
    } else if (sslNegotiation !== 'direct') {
      request.requestSsl();
    }
  });
  request.once('sslconnect', () => request.cancel(processID, secretKey));
  if (isSocketFile) {
    request.connect(`${host}/.s.PGSQL.${port}`);
  } else {
    request.connect(port, (!ssl && remoteAddress) || host);
  }
  return true;
}

/** The part of the driver's client that is used here. */
interface Client {
  /** `undefined` with `pg-native`. */
  readonly connection?: {
    readonly constructor: new (options: object) => Request;
    readonly stream: { readonly remoteAddress?: string; readonly remotePort?: number };
  };
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly host: string;
  readonly port: number;
  readonly ssl: unknown;
  readonly sslNegotiation?: string;
}

/** A connection of the driver, below its client. */
interface Request extends EventEmitter {
  readonly stream: Socket;
  connect(path: string): void;
  connect(port: number, host: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
}
