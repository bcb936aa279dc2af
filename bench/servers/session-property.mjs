import { Session, UnauthorizedException } from '@nestjs/common';
import { sampleSession } from '../sample-session.mjs';
import { greet } from './greeting.mjs';
import { greetingController } from './serve-application.mjs';

/** A route that greets with data of the session that a middleware put on the request. */
export function sessionPropertyController() {
  const greetUser = (session) => {
    if (session.userId === undefined) {
      throw new UnauthorizedException();
    }
    return greet(session);
  };
  return greetingController(greetUser, { argument: Session() });
}

/** Returns the ids of so many sessions, and what a store keeps of each. */
export function storedSessions(count) {
  const cookie = { originalMaxAge: null, expires: null, httpOnly: true, secure: false, path: '/' };
  return Array.from({ length: count }, (_, n) => ({
    sid: `session-${String(n).padStart(24, '0')}`,
    session: { cookie, ...sampleSession(n) },
  }));
}
