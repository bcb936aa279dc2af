import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { HeardEvents } from './heard-events.js';
import type { Attempt, Closed, SocketOptions } from './socket-kinds.js';

/** Connects by `ws`. A connection counts as open once the server responds to a ping. */
export async function openWebSocket(port: number, options: SocketOptions = {}): Promise<Attempt> {
  const { cookie, origin, headers, at = '/', query = '' } = options;
  const client = new WebSocket(`ws://127.0.0.1:${port}${at}?${query}`, {
    headers: { ...headers, ...(cookie !== undefined && { cookie }) },
    ...(origin !== undefined && { origin }),
  });
  const heard = new HeardEvents();
  client.on('message', (frame) => heard.add(JSON.parse((frame as Buffer).toString())));
  const closed = new Promise<Closed>((resolve) =>
    client.on('close', (by, reason) => resolve({ by, code: reason.toString() })),
  );
  const attempt = await Promise.race([responseOf(client), closed.then(refusalOf), pongOf(client)]);
  return attempt === 'open'
    ? {
        socket: {
          send: (event, data) => client.send(JSON.stringify({ event, data })),
          ask: (event, data) => {
            client.send(JSON.stringify({ event, data }));
            return heard.next();
          },
          closed,
          close: () => client.close(),
        },
      }
    : attempt;
}

/** The response of a server that refuses the upgrade. */
async function responseOf(client: WebSocket): Promise<Attempt> {
  const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
  const { code, reason } = JSON.parse(await text(response)) as { code: string; reason?: string };
  return { status: response.statusCode!, code, ...(reason !== undefined && { reason }) };
}

async function pongOf(client: WebSocket): Promise<'open'> {
  client.on('open', () => client.ping());
  await once(client, 'pong');
  return 'open';
}

const refusalOf = ({ by, code }: Closed): Attempt => ({ closedWith: Number(by), code: code! });
