import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server on which connections can die without a word, as when a firewall forgets them. */
export interface TcpProxy {
  readonly port: number;
  /** Lets nothing more through on the connections there are; new ones work. */
  killRoutes(): void;
  close(): Promise<void>;
}

export async function proxyTo(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, host);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    killRoutes: () => sockets.forEach((socket) => socket.unpipe().pause()),
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((closed) => server.close(closed));
    },
  };
}
