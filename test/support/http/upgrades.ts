import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { eventually } from '../promises/eventually.js';

/** Upgrades that listeners ignore or can't read: the target and the `Host`. */
export const STRANGE_UPGRADES: readonly [target: string, host: string][] = [
  ['/x', 'localhost'],
  ['//', 'localhost'],
  ['/', '['],
];

/** Asks for an upgrade. The client keeps its side of the connection open, also if the server ends its own. */
export async function askForUpgrade(port: number, target: string, host: string): Promise<Socket> {
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(client, 'connect');
  const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`];
  client.write([...lines, 'Upgrade: websocket', 'Connection: Upgrade', '', ''].join('\r\n'));
  return client;
}

/**
 * Asks for an upgrade, and resets the connection when the listeners of the server have seen it. If nobody handles the error
 * on the server, Jest reports that the file of the test failed to run.
 */
export async function resetUpgrade(port: number, target: string, host: string): Promise<void> {
  const client = await askForUpgrade(port, target, host);
  await Promise.race([once(client, 'data'), once(client, 'close'), pause(100)]);
  client.resetAndDestroy();
  await pause(50);
}

/** Asks for an upgrade, and returns the response once the server, which has no other connection, has closed this one. */
export async function closedUpgrade(server: Server, target: string): Promise<string> {
  const client = await askForUpgrade((server.address() as AddressInfo).port, target, 'localhost');
  let response = '';
  client.on('data', (data) => (response += data.toString()));
  client.on('error', () => undefined);
  try {
    // The server can be done before the client has read the response. And it has no connection before it accepts this one.
    await new Promise((ended) => client.once('end', ended).once('close', ended));
    await eventually(async () => {
      const count = await new Promise((resolve) => server.getConnections((_, n) => resolve(n)));
      expect(count).toBe(0);
    }, 5000);
  } finally {
    client.destroy();
  }
  return response;
}
