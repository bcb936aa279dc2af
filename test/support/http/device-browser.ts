import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { TestApp } from '../applications/applications.js';

/** The response to a request, as far as tests look at it. */
export interface DeviceResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

/** What a proof says; the parts that are not given are those of the protocol. */
export interface ProofParts {
  readonly typ?: string;
  readonly alg?: string;
  readonly jwk?: object | null;
  readonly challenge?: string | undefined;
  readonly key?: KeyObject;
  readonly padding?: string;
  /** The signature, instead of that of the key. */
  readonly signature?: Buffer;
}

/** A browser that speaks Device Bound Session Credentials by hand, so that a test can do each step wrong. */
export class DeviceBrowser {
  /** The cookies that it keeps, by name. */
  readonly cookies = new Map<string, string>();
  readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** The challenge of the latest login, if there was one. */
  registration: { readonly path: string; readonly challenge: string } | undefined;
  #app: TestApp;

  constructor(app: TestApp) {
    this.#app = app;
  }

  get id(): string {
    return this.cookies.get('__Host-id')!.split('.')[0]!;
  }

  /** Sends the next requests to another replica. */
  moveTo(app: TestApp): void {
    this.#app = app;
  }

  /** Returns a browser with the same cookies and another key: that of a thief. */
  copy(): DeviceBrowser {
    const thief = new DeviceBrowser(this.#app);
    this.cookies.forEach((value, name) => thief.cookies.set(name, value));
    return thief;
  }

  async send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: object,
  ): Promise<DeviceResponse> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`http://127.0.0.1:${this.#app.port}${path}`, {
      method,
      headers: {
        ...(cookie && { cookie }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (set.includes('Max-Age=0')) {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, value);
      }
    }
    const offer = response.headers.get('secure-session-registration');
    const [, path_, challenge] = /;path="([^"]+)";challenge="([^"]+)"/.exec(offer ?? '') ?? [];
    this.registration = challenge === undefined ? this.registration : { path: path_!, challenge };
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  async login(name = 'ada', prefix = ''): Promise<DeviceResponse> {
    return await this.send('POST', `${prefix}/login`, {}, { name });
  }

  /** Answers the challenge of the login. */
  async register(parts: ProofParts = {}): Promise<DeviceResponse> {
    const { path, challenge } = this.registration!;
    const proof = this.proof({ jwk: this.jwk, challenge, ...parts });
    return await this.send('POST', path, { 'secure-session-response': proof });
  }

  /** Asks for a challenge to prove the key of a session, by default of its own. */
  async askForChallenge(id = this.id, path = '/session-device'): Promise<DeviceResponse> {
    return await this.send('POST', path, { 'sec-secure-session-id': `"${id}"` });
  }

  /** Proves the key, by default for a fresh challenge. */
  async refresh(parts: ProofParts = {}, id = this.id): Promise<DeviceResponse> {
    const challenge = parts.challenge ?? challengeIn(await this.askForChallenge(id));
    return await this.send('POST', '/session-device', {
      'sec-secure-session-id': id,
      'secure-session-response': this.proof({ jwk: null, ...parts, challenge }),
    });
  }

  /** Its public key as a JSON Web Key. */
  get jwk(): object {
    const { kty, crv, x, y } = this.keys.publicKey.export({ format: 'jwk' });
    return { kty, crv, x, y };
  }

  proof(parts: ProofParts): string {
    const { typ = 'dbsc+jwt', alg = 'ES256', jwk, challenge, padding } = parts;
    const { key = this.keys.privateKey, signature } = parts;
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${encode({ typ, alg, ...(jwk && { jwk }) })}.${encode({ jti: challenge, padding })}`;
    const bytes =
      signature ?? sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${bytes.toString('base64url')}`;
  }
}

/** Returns the challenge of a response; `undefined` if it has none. */
export function challengeIn({ headers }: DeviceResponse): string | undefined {
  return /^"([^"]+)"/.exec(headers.get('secure-session-challenge') ?? '')?.[1];
}
