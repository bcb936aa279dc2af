import { connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';

/** Sends a request over HTTP/2 without TLS, on a separate connection. A header with a list is sent as several. */
export function http2Request(
  port: number,
  target: string,
  headers: OutgoingHttpHeaders = {},
  body?: object,
): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const connection = connect(`http://127.0.0.1:${port}`).on('error', reject);
    const [method, path] = target.split(' ');
    const type = body && { 'content-type': 'application/json' };
    const stream = connection.request(
      { ':method': method, ':path': path, ...type, ...headers },
      { endStream: body === undefined },
    );
    const chunks: Buffer[] = [];
    let received: IncomingHttpHeaders = {};
    stream
      .on('error', reject)
      .on('response', (answered) => {
        received = answered;
      })
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        connection.close();
        resolve({ headers: received, body: Buffer.concat(chunks).toString() });
      });
    if (body !== undefined) {
      stream.end(JSON.stringify(body));
    }
  });
}
