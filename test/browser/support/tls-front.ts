import { execFileSync } from 'node:child_process';
import { connect, type AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';

/** A certificate for all hosts of a domain, with its key, which only the test trusts. Made by openssl. */
export function certificateFor(domain: string): string {
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout - -out - -days 1';
  const names = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:*.${domain}`];
  return execFileSync('openssl', ['req', '-x509', ...key.split(' '), ...names], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** A TLS server in front of one that speaks plain http; every byte goes through unchanged. */
export async function startTlsFront(certificate: string, target: number): Promise<TlsFront> {
  const server = createServer({ key: certificate, cert: certificate }, (socket) => {
    const behind = connect(target, '127.0.0.1');
    socket.pipe(behind).pipe(socket);
    // A browser can cut a connection at any time.
    socket.on('error', () => behind.destroy());
    behind.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

export interface TlsFront {
  readonly port: number;
  readonly close: () => Promise<void>;
}

const closed = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));
