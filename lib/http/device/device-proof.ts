import { verify } from 'node:crypto';
import { deviceKeyOf, type DeviceKey } from './device-key.js';

/** A proof is about 700 characters. */
const MAX_LENGTH = 4096;

/** A compact JWS (RFC 7515), with or without the quotes of a structured field string, whose parameters are ignored (RFC 9651). */
const PROOF = /^("?)([\w-]+)\.([\w-]+)\.([\w-]{86})\1(?:;|$)/;

/** What a browser says in a proof, before its signature is checked. */
export interface DeviceProof {
  /** The challenge that it signed, if there is one. */
  readonly challenge: unknown;
  /** The key of a registration. */
  readonly key: DeviceKey | undefined;
  /** Returns whether this key made the proof. */
  readonly isSignedBy: (key: DeviceKey) => boolean;
}

/** Returns the proof of a `Secure-Session-Response` header; `undefined` if it does not have the form of one. */
export function parseDeviceProof(header: string | undefined, now: number): DeviceProof | undefined {
  if (header === undefined || header.length > MAX_LENGTH) {
    return undefined;
  }
  const [, , head, payload, signature] = PROOF.exec(header) ?? [];
  const { typ, alg, jwk } = objectOf(head);
  // The key alone decides how the signature is checked. Still, a proof with another algorithm in its header is not valid.
  if (signature === undefined || typ !== 'dbsc+jwt' || alg !== 'ES256') {
    return undefined;
  }
  return {
    challenge: objectOf(payload)['jti'],
    key: deviceKeyOf(jwk, now),
    isSignedBy: (key) => {
      const opened = key.open();
      return (
        opened !== undefined &&
        verify(
          'sha256',
          Buffer.from(`${head}.${payload}`),
          { key: opened, dsaEncoding: 'ieee-p1363' },
          Buffer.from(signature, 'base64url'),
        )
      );
    },
  };
}

/** Returns the own properties of a JSON value in base64url, in most cases an object; none if the text is not JSON. */
function objectOf(part: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return Object.assign(Object.create(null) as object, value) as Record<string, unknown>;
  } catch {
    return {};
  }
}
