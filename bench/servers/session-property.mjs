import { Session, UnauthorizedException } from '@nestjs/common';
import { sampleSession } from '../sample-session.mjs';
import { greetingController } from './serve-application.mjs';

/** The secret that express-session and @fastify/session sign their cookies with. */
export const SECRET = 'a secret of this benchmark, long enough for both';

/** A route that greets with data of the session that a middleware put on the request. */
export function sessionPropertyController() {
  const greet = (session) => {
    if (session.name === undefined) {
      throw new UnauthorizedException();
    }
    return { hello: session.name };
  };
  return greetingController(greet, { argument: Session() });
}

/** Returns the ids of so many sessions, and what a store keeps of each. */
export function storedSessions(count) {
  const cookie = { originalMaxAge: null, expires: null, httpOnly: true, secure: false, path: '/' };
  return Array.from({ length: count }, (_, n) => ({
    sid: `session-${String(n).padStart(24, '0')}`,
    session: { cookie, ...sampleSession(n) },
  }));
}
