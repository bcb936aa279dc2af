import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const CLIENT = { id: 'shop', secret: 'the secret of the shop' } as const;

/** A small OpenID provider. Whoever comes is already logged in there. */
export interface IdentityProvider {
  readonly url: string;
  /** Who is logged in at the provider. */
  user: string;
  /** Opens the address of a login page, and returns where the provider sends the browser: a path of the application. */
  follow(loginUrl: string): Promise<string>;
  close(): Promise<void>;
}

interface Grant {
  readonly user: string;
  readonly nonce: string | null;
  readonly challenge: string | null;
  readonly redirectUri: string;
}

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const random = () => randomBytes(16).toString('base64url');

/** Returns a JSON Web Token with these claims. */
function signed(claims: object): string {
  const input = `${base64url({ alg: 'RS256', kid: '1' })}.${base64url(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const grants = new Map<string, Grant>();
  const users = new Map<string, string>();
  const server = createServer((request, response) => {
    void respond(request).then(
      ([status, body, headers]) => send(response, status, body, headers),
      (error: unknown) => send(response, 400, { error: 'invalid_request', text: String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const authorize = (query: URLSearchParams): Answer => {
    const redirectUri = query.get('redirect_uri')!;
    const code = random();
    grants.set(code, {
      user: provider.user,
      nonce: query.get('nonce'),
      challenge: query.get('code_challenge'),
      redirectUri,
    });
    const location = new URL(redirectUri);
    location.search = String(new URLSearchParams({ code, state: query.get('state') ?? '' }));
    return [302, {}, { location: location.href }];
  };
  /** Exchanges a code, once, for tokens. */
  const exchange = (form: URLSearchParams): Answer => {
    const code = form.get('code')!;
    const grant = grants.get(code);
    grants.delete(code);
    const verifier = createHash('sha256').update(form.get('code_verifier') ?? '');
    if (
      form.get('client_secret') !== CLIENT.secret ||
      grant?.redirectUri !== form.get('redirect_uri') ||
      grant.challenge !== verifier.digest('base64url')
    ) {
      return [400, { error: 'invalid_grant' }];
    }
    const accessToken = random();
    users.set(accessToken, grant.user);
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: url, aud: CLIENT.id, sub: grant.user, iat: now, exp: now + 60 };
    const idToken = signed({ ...claims, ...(grant.nonce !== null && { nonce: grant.nonce }) });
    return [200, { access_token: accessToken, token_type: 'Bearer', id_token: idToken }];
  };
  async function respond(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url!, url);
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return [
          200,
          {
            issuer: url,
            authorization_endpoint: `${url}/authorize`,
            token_endpoint: `${url}/token`,
            jwks_uri: `${url}/keys`,
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
          },
        ];
      case '/keys':
        return [
          200,
          { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'RS256' }] },
        ];
      case '/authorize':
        return authorize(searchParams);
      case '/token':
        return exchange(new URLSearchParams(await text(request)));
      case '/userinfo': {
        const user = users.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
        return user === undefined ? [401, {}] : [200, { sub: user }];
      }
      default:
        return [404, {}];
    }
  }
  const provider: IdentityProvider = {
    url,
    user: 'ann',
    async follow(loginUrl) {
      const response = await fetch(loginUrl, { redirect: 'manual' });
      const { pathname, search } = new URL(response.headers.get('location')!);
      return pathname + search;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return provider;
}

type Answer = [status: number, body: object, headers?: Record<string, string>];

function send(response: ServerResponse, ...[status, body, headers]: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
