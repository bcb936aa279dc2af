import type { Written } from '../../manager/token/legacy-handover.js';
import type { OpenSession } from '../../manager/token/open-session.js';
import type { RequestSessionContext } from './request-session-context.js';
import type { RequestTokens } from './request-tokens.js';

/**
 * Runs a write of the request's session. A legacy token that came in our cookie is replaced by it, and the cookie with it,
 * where that is still possible; otherwise it stays good.
 */
export async function upgradeLegacyToken<T, Result>(
  { sessions, answer }: RequestSessionContext<T>,
  tokens: RequestTokens<T>,
  session: OpenSession<T>,
  write: (handOver: boolean) => Promise<Written<Result>>,
): Promise<Result> {
  const handOver = tokens.inCookie && !answer.isSent;
  const { token, result } = await answer.attempt(() => write(handOver));
  if (token.token === session.token) {
    return result;
  }
  if (answer.isSent) {
    // Nobody would ever have the new token.
    await answer.attempt(() => sessions.undoHandover(session, token));
  } else {
    answer.giveToken(token.token, sessions.longestLifeOf(session.record), undefined);
    tokens.replaceToken(token);
  }
  return result;
}
