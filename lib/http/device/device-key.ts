import { createPublicKey, type KeyObject } from 'node:crypto';

/** A number of 32 bytes in canonical base64url: the last of 43 characters carries four bits. */
const COORDINATE = '[\\w-]{42}[AEIMQUYcgkosw048]';

/** How a row keeps a key: when it was bound, and the coordinates of the point on P-256. */
const STORED = new RegExp(`^(\\d{1,16})\\.(${COORDINATE})\\.(${COORDINATE})$`);

const WHOLE_COORDINATE = new RegExp(`^${COORDINATE}$`);

/** The public key of the browser that a session is bound to. */
export interface DeviceKey {
  /** The coordinates, by which two keys are compared. */
  readonly point: string;
  /** When the session was bound, in epoch milliseconds. */
  readonly boundAt: number;
  /** @returns `undefined` if the coordinates are not a point on the curve */
  readonly open: () => KeyObject | undefined;
}

/** Returns the key of a JSON Web Key for ES256 (RFC 7518, section 6.2.1), bound now; `undefined` if it is not one. */
export function deviceKeyOf(jwk: unknown, boundAt: number): DeviceKey | undefined {
  const { kty, crv, x, y } = (jwk ?? {}) as Record<string, unknown>;
  const isForES256 = kty === 'EC' && crv === 'P-256' && isCoordinate(x) && isCoordinate(y);
  return isForES256 ? deviceKey(boundAt, x, y) : undefined;
}

/** Returns the key of a row; `undefined` if the text is not one. */
export function storedDeviceKey(stored: string): DeviceKey | undefined {
  const [, boundAt, x, y] = STORED.exec(stored) ?? [];
  return y === undefined ? undefined : deviceKey(Number(boundAt), x!, y);
}

/** Returns the text by which a row keeps a key. */
export const storedForm = ({ boundAt, point }: DeviceKey): string => `${boundAt}.${point}`;

function deviceKey(boundAt: number, x: string, y: string): DeviceKey {
  return {
    point: `${x}.${y}`,
    boundAt,
    open: () => {
      try {
        return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
      } catch {
        return undefined;
      }
    },
  };
}

function isCoordinate(value: unknown): value is string {
  return typeof value === 'string' && WHOLE_COORDINATE.test(value);
}
