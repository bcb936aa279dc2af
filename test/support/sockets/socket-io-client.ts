import { io } from 'socket.io-client';
import { HeardEvents } from './heard-events.js';
import type { Attempt, Closed, SocketOptions } from './socket-kinds.js';

/** Connects by Socket.IO. */
export async function openSocketIo(port: number, options: SocketOptions = {}): Promise<Attempt> {
  const { cookie, origin, headers, at = '/', query = '', auth, transport = 'websocket' } = options;
  const client = io(`http://127.0.0.1:${port}${at}`, {
    transports: [transport],
    extraHeaders: {
      ...headers,
      ...(cookie !== undefined && { cookie }),
      ...(origin !== undefined && { origin }),
    },
    query: Object.fromEntries(new URLSearchParams(query)),
    ...(auth && { auth }),
    reconnection: false,
    forceNew: true,
  });
  const heard = new HeardEvents();
  let code: string | undefined;
  client.on('session-ended', (end: { code: string }) => (code = end.code));
  client.onAny((event: string, data: unknown) => {
    if (event !== 'session-ended') {
      heard.add({ event, data });
    }
  });
  const closed = new Promise<Closed>((resolve) =>
    client.on('disconnect', (by) => resolve({ by, code })),
  );
  const error = await new Promise<ConnectError | undefined>((resolve) => {
    client.once('connect', () => resolve(undefined));
    client.once('connect_error', resolve);
  });
  if (error) {
    client.close();
    return refusalOf(error);
  }
  return {
    socket: {
      send: (event, data) => void client.emit(event, data),
      ask: (event, data) => {
        client.emit(event, data);
        return heard.next();
      },
      closed,
      close: () => client.close(),
    },
  };
}

/** An error of the server's middleware has data, one of the transport a description. */
interface ConnectError extends Error {
  readonly data?: { readonly code: string; readonly reason?: string };
  readonly description?: number | { readonly message?: string };
}

function refusalOf({ message, data, description }: ConnectError): Attempt {
  if (data) {
    const { code, reason } = data;
    return { code, ...(reason !== undefined && { reason }) };
  }
  const status =
    typeof description === 'number' ? description : /\d{3}$/.exec(description?.message ?? '')?.[0];
  return status === undefined ? { code: message } : { status: Number(status) };
}
