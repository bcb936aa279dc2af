import { connect } from 'node:net';

/** Sends a request byte by byte as given and returns the whole response. */
export function rawRequest(
  port: number,
  target: string,
  headers: readonly string[],
  start: readonly string[] = [`${target} HTTP/1.1`, 'Host: localhost', 'Connection: close'],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.write(Buffer.from(`${[...start, ...headers].join('\r\n')}\r\n\r\n`, 'latin1'));
  });
}

/** Returns the status of a raw response; NaN if it is not a response. */
export const statusOf = (answer: string): number =>
  Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
