import { connect, createServer } from 'node:net';
import { serve } from './serve.mjs';

/** A proxy to a server, which holds what the server responds for so many milliseconds, as a network would. */
serve(async ({ host, port, milliseconds }) => {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port, noDelay: true });
    client.pipe(upstream);
    upstream.on('data', (data) => setTimeout(() => client.write(data), milliseconds));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { ready: { port: server.address().port } };
});
