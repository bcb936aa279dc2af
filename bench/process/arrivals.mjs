import { once } from 'node:events';
import { connect } from 'node:net';
import { percentilesOf } from '../measure/spread.mjs';
import { PARALLEL } from '../settings.mjs';
import { serve } from './serve.mjs';

/** Milliseconds between two moments at which requests arrive. */
const TICK_MS = 1;

/**
 * Sends requests to a server at a constant rate, whether or not earlier ones have got their responses. A request that finds
 * all connections in use waits for one. Responds with the milliseconds that 99 % of the requests took at most, each from
 * its arrival on.
 */
serve(({ port, headers }) => {
  const requests = headers.map(toRequest);
  return {
    async answer({ seconds, perSecond }) {
      // Node closes connections that wait for 5 s, so each turn has new ones.
      const connections = await Promise.all(
        Array.from({ length: 2 * PARALLEL }, () => openConnection(port)),
      );
      const total = Math.ceil(seconds * perSecond);
      const free = [...connections];
      const waiting = [];
      const times = [];
      let arrived = 0;
      let next = 0;
      const send = async (connection, arrival) => {
        await connection.send(requests[next++ % requests.length]);
        times.push(performance.now() - arrival);
        if (waiting.length > 0) {
          return send(connection, waiting.shift());
        }
        free.push(connection);
      };
      const sent = [];
      const start = performance.now();
      while (arrived < total) {
        await new Promise((later) => setTimeout(later, TICK_MS));
        const now = performance.now();
        const due = Math.min(total, Math.floor(((now - start) / 1000) * perSecond));
        for (; arrived < due; arrived++) {
          if (free.length > 0) {
            sent.push(send(free.pop(), now));
          } else {
            waiting.push(now);
          }
        }
      }
      await Promise.all(sent);
      connections.forEach((connection) => connection.close());
      return percentilesOf(times)(0.99);
    },
  };
});

function toRequest(headers) {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map((pair) => pair.join(': '));
  return Buffer.from(['GET /greeting HTTP/1.1', ...lines, '', ''].join('\r\n'));
}

/** Opens a connection that sends one request at a time; `send` resolves with the end of its response. */
async function openConnection(port) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  let pending;
  let text = '';
  socket.on('data', (data) => {
    text += data.latin1Slice();
    const [head, length] =
      /^HTTP\/1\.1 200 [^]*?content-length: (\d+)[^]*?\r\n\r\n/i.exec(text) ?? [];
    if (head !== undefined && text.length === head.length + Number(length)) {
      text = '';
      pending.resolve();
    } else if (!text.startsWith('HTTP/1.1 200')) {
      pending.reject(new Error(`The server responded: ${text}`));
    }
  });
  socket.on('close', () => pending?.reject(new Error('The server closed a connection.')));
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}
