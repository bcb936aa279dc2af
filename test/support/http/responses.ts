import { expect } from '@jest/globals';
import type { SessionHttpCode } from 'nestjs-server-sessions';
import type { Response } from 'supertest';

/** Returns the Set-Cookie headers of a response. */
export function cookiesOf(response: Response): string[] {
  return [response.get('Set-Cookie') ?? []].flat();
}

/** Returns a Cookie header with a token in the cookie of the default options. */
export const cookieOf = (token: string): string => `__Host-id=${token}`;

/** Returns an Authorization header with a token. */
export const bearerOf = (token: string): string => `Bearer ${token}`;

/** Returns the part of a token that only its holder may see. */
export const secretOf = (token: string): string => token.split('.')[1]!;

const STATUS: Partial<Record<SessionHttpCode, number>> = {
  SESSION_MISSING: 401,
  SESSION_NOT_FOUND: 401,
  SESSION_ENDED: 401,
  SESSION_EXPIRED: 401,
  SESSION_CONFLICT: 409,
  SESSION_DATA_TOO_LARGE: 413,
  SESSION_LIMIT: 429,
  SESSION_DATA: 500,
  SESSION_STORE_UNAVAILABLE: 503,
};

/**
 * Checks that a response is the refusal with this code and its headers, and that it does not change the cookie.
 *
 * @param reason why the session ended, with the code `SESSION_ENDED`
 */
export function expectRefusal(
  response: Response,
  code: SessionHttpCode,
  reason: string = 'logout',
): void {
  const statusCode = STATUS[code];
  expect(response.body).toEqual({
    statusCode,
    code,
    error: expect.any(String),
    message: expect.any(String),
    ...(code === 'SESSION_ENDED' && { reason }),
  });
  expect(response.status).toBe(statusCode);
  expect(cookiesOf(response)).toEqual([]);
  expect(response.headers['www-authenticate']).toBe(challengeOf(code));
  expect(response.headers['cache-control']).toBe('no-store');
  expect(response.headers['retry-after']).toBe(statusCode === 503 ? '1' : undefined);
}

function challengeOf(code: SessionHttpCode): string | undefined {
  if (STATUS[code] !== 401) {
    return undefined;
  }
  return code === 'SESSION_MISSING'
    ? 'Bearer realm="sessions"'
    : 'Bearer realm="sessions", error="invalid_token"';
}
