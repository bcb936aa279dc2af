import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The part of an HTTP server that is used. */
export interface UpgradingServer {
  listenerCount(event: string): number;
  on(event: 'newListener', listener: (event: string) => void): unknown;
  off(event: 'newListener', listener: (event: string) => void): unknown;
  prependListener(event: 'upgrade', listener: OnUpgrade): unknown;
}

type OnUpgrade = (request: IncomingMessage, socket: Duplex) => void;

/** The servers that are guarded, and how many of their listeners ignore the sockets of other paths than their own. */
const guarded = new WeakMap<UpgradingServer, number>();

/**
 * Guards the sockets of upgrades on a server, before any other listener gets them. Node removes its listeners from such a
 * socket. If another listener leaves it without one for `error`, a client that resets the connection ends the process.
 *
 * Node also removes the timeout of such a socket. So this closes sockets that nobody uses: a socket that was ended and that
 * nobody reads, and, if all listeners of the server are known, a socket that none of them has taken.
 *
 * @param ignoring how many listeners the caller knows that ignore the sockets of other paths, and take the others at once
 */
export function guardUpgradedSockets(server: UpgradingServer, ignoring = 0): void {
  const known = guarded.get(server);
  guarded.set(server, (known ?? 0) + ignoring);
  if (known === undefined) {
    beforeFirstListener(server, () =>
      server.prependListener('upgrade', (_, socket) => {
        const areAllKnown = server.listenerCount('upgrade') === guarded.get(server)! + 1;
        guardSocket(socket, areAllKnown);
      }),
    );
  }
}

/** Calls back once the server has a listener for upgrades: without one, Node handles upgrades as other requests. */
function beforeFirstListener(server: UpgradingServer, guard: () => void): void {
  if (server.listenerCount('upgrade') > 0) {
    guard();
    return;
  }
  const onListener = (event: string) => {
    if (event === 'upgrade') {
      server.off('newListener', onListener);
      guard();
    }
  };
  server.on('newListener', onListener);
}

/** @param isTakenAtOnce whether all listeners are known to take their sockets at once, or never */
function guardSocket(socket: Duplex, isTakenAtOnce: boolean): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => {
    if (!isRead(socket)) {
      socket.destroy();
    }
  });
  if (isTakenAtOnce) {
    const before = socket.listenerCount('error');
    process.nextTick(() => {
      if (socket.listenerCount('error') === before) {
        socket.destroy();
      }
    });
  }
}

function isRead(socket: Duplex): boolean {
  return (
    socket.readableFlowing === true ||
    socket.listenerCount('data') > 0 ||
    socket.listenerCount('readable') > 0
  );
}
