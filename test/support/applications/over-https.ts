import { execFileSync } from 'node:child_process';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestApp } from './applications.js';

/** An Express application that is also served over https. */
export interface OverHttps {
  readonly url: string;
  readonly close: () => Promise<unknown>;
}

/** Also serves an Express application over https, with a self-signed certificate. */
export async function overHttps({ app }: TestApp): Promise<OverHttps> {
  const pem = selfSigned();
  const server = createServer(
    { key: pem, cert: pem },
    app.getHttpAdapter().getInstance() as RequestListener,
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

/** Returns a new private key and its certificate for localhost, in PEM. */
function selfSigned(): string {
  const command =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost ' +
    '-addext subjectAltName=DNS:localhost -days 2 -keyout - -out -';
  return execFileSync('openssl', command.split(' '), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
