import { Logger } from '@nestjs/common';
import { SessionDataError } from '../../common/session-error.js';
import type { SessionService } from '../../manager/session-service.js';
import type { ParsedToken } from '../../manager/token/token.js';
import type { VerifiedSession } from '../../manager/token/verified-session.js';
import type { HttpExchange } from './http-exchange.js';
import { RequestSession } from './request-session.js';
import { RequestTokens } from './request-tokens.js';

const logger = new Logger('Sessions');

/** Looks up the tokens of a request, and returns its session. Previous cookies count only if no other token came. */
export async function findSession(
  sessions: SessionService,
  exchange: HttpExchange,
): Promise<RequestSession> {
  const current = parse(sessions, exchange.given);
  const previous = parse(sessions, exchange.givenBefore);
  const verified = await verify(sessions, exchange, current);
  const tokens = new RequestTokens(verified, exchange.defaultRefusal, exchange.sentCookie);
  if (current.length === 0) {
    tokens.addPrevious(await verify(sessions, exchange, previous));
  } else {
    tokens.addUnread(previous);
  }
  return new RequestSession(sessions, exchange, tokens);
}

/** Returns the `RequestSession` of a request without a token. It says that the request has no session. */
export function sessionWithoutToken(
  sessions: SessionService,
  exchange: HttpExchange,
): RequestSession {
  const tokens = new RequestTokens([], exchange.defaultRefusal, false);
  return new RequestSession(sessions, exchange, tokens);
}

/** Returns the ids of the sessions that the tokens of a request name. Nothing is looked up. */
export function namedSessions(sessions: SessionService, exchange: HttpExchange): string[] {
  const current = parse(sessions, exchange.given);
  const tokens = current.length > 0 ? current : parse(sessions, exchange.givenBefore);
  return tokens.map(({ credential }) => credential.id);
}

/** Returns the session, but without its data if it is bound to a browser that the request does not prove. */
function atDevice(
  exchange: HttpExchange,
  session: VerifiedSession<unknown>,
): VerifiedSession<unknown> {
  if (!session.record) {
    return session;
  }
  const { token, credential } = session;
  try {
    return exchange.opens(session.binding) ? session : { token, credential, status: 'device' };
  } catch (error) {
    if (error instanceof SessionDataError) {
      return { token, credential, status: 'damaged', cause: error };
    }
    throw error;
  }
}

/** Returns those of the values that have the form of a token. */
function parse({ verifier }: SessionService, values: readonly string[]): ParsedToken[] {
  return values.flatMap((value) => verifier.parse(value) ?? []);
}

async function verify(
  sessions: SessionService,
  exchange: HttpExchange,
  tokens: readonly ParsedToken[],
): Promise<VerifiedSession<unknown>[]> {
  const verified: VerifiedSession<unknown>[] = [];
  for (const token of tokens) {
    const session = atDevice(exchange, await exchange.attempt(sessions.verifier.verify(token)));
    if (session.status === 'damaged') {
      // If no guard refuses the request, nothing else reports this.
      sessions.events.emitFailure(session.cause);
      const { id } = token.credential;
      logger.warn(`The session ${id} of a request can't be used: ${session.cause?.message}`);
    }
    verified.push(session);
  }
  return verified;
}
