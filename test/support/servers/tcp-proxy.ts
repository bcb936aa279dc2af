import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy to a server, on which connections can break, or die silently as when a firewall forgets them. */
export interface TcpProxy {
  readonly port: number;
  /** Number of connections that were opened so far. */
  readonly opened: number;
  /** Number of open connections. */
  readonly open: number;
  /** Lets nothing more through on the open connections; new ones work. */
  killRoutes(): void;
  /** Whether new connections get no response, as if the route to the server were dead. */
  swallowNew(swallow: boolean): void;
  /** Leads new connections to another port of the host; the open ones stay where they are, as after a failover. */
  leadTo(port: number): void;
  /** Cuts the connection of the server's next response, after so many bytes of the response. */
  cutNextAnswer(after?: number): void;
  /** Holds each response for so many milliseconds, as a distant server would. */
  holdAnswers(milliseconds: number): void;
  /** Holds the responses from a request with one text until a request with the other text has come too. */
  holdAnswersBetween(first: string, last: string): void;
  /** Bytes that follow the next response, before the connection is closed. */
  endNextAnswerWith(last: Buffer): void;
  close(): Promise<void>;
}

export async function proxyTo(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let opened = 0;
  let closed = 0;
  let swallowing = false;
  let target = port;
  let cutAfter: number | undefined;
  let last: Buffer | undefined;
  let heldFor = 0;
  let held: { first: string; last: string; answers: (() => void)[] | undefined } | undefined;

  const keep = (socket: Socket, other?: Socket) => {
    sockets.add(socket);
    socket.on('error', () => other?.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other?.destroy();
    });
  };
  // Without the delay of small packets, as the proxies of databases.
  const server = createServer({ noDelay: true }, (client) => {
    opened++;
    client.on('close', () => closed++);
    if (swallowing) {
      keep(client);
      client.resume();
      return;
    }
    const upstream = connect({ port: target, host, noDelay: true });
    keep(client, upstream);
    keep(upstream, client);
    client.pipe(upstream);
    client.on('data', (request: Buffer) => {
      if (held && !held.answers && request.includes(held.first)) {
        held.answers = [];
      }
      if (held?.answers && request.includes(held.last)) {
        held.answers.forEach((send) => send());
        held = undefined;
      }
    });
    upstream.on('data', (answer: Buffer) => {
      if (last) {
        client.end(Buffer.concat([answer, last]), () => client.destroy());
        last = undefined;
        upstream.destroy();
      } else if (cutAfter === undefined || cutAfter > answer.length) {
        cutAfter = cutAfter && cutAfter - answer.length;
        if (held?.answers) {
          held.answers.push(() => client.write(answer));
        } else if (heldFor > 0) {
          setTimeout(() => client.write(answer), heldFor);
        } else {
          client.write(answer);
        }
      } else {
        client.end(answer.subarray(0, cutAfter), () => client.destroy());
        cutAfter = undefined;
        upstream.destroy();
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    get opened() {
      return opened;
    },
    get open() {
      return opened - closed;
    },
    killRoutes: () => sockets.forEach((socket) => socket.unpipe().pause()),
    swallowNew: (swallow) => (swallowing = swallow),
    leadTo: (other) => (target = other),
    cutNextAnswer: (after = 0) => (cutAfter = after),
    holdAnswers: (milliseconds) => (heldFor = milliseconds),
    holdAnswersBetween: (first, last) => (held = { first, last, answers: undefined }),
    endNextAnswerWith: (bytes) => (last = bytes),
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((closed) => server.close(closed));
    },
  };
}
