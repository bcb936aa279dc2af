import type { INestApplicationContext } from '@nestjs/common';
import { SessionExpiredError, SessionNotFoundError } from '../../common/session-error.js';
import type { SessionManager } from '../../manager/session-manager.js';
import type { SessionRecord } from '../../manager/session-record.js';
import { optionsOf, providerOf } from '../module-providers.js';
import { kindIn, type KindOption } from '../kind-option.js';

/**
 * A response of supertest, of Fastify's `inject`, or of `fetch`.
 *
 * @publicApi
 */
export interface TestResponse {
  /** The headers, with names in lower case, or the `Headers` of `fetch`. */
  readonly headers: object;
}

/**
 * Returns the session whose cookie a response sets, as after a login or `CurrentSession.regenerate()`. Returns `undefined`
 * if the response sets no session cookie, clears it, or the session has ended since.
 *
 * @typeParam T type of the session's data
 * @param app the application, or the module that the test compiled
 * @param which the kind of sessions whose cookie is meant
 * @throws SessionsConfigurationError if the application does not import `SessionsModule`; SessionDataError,
 * SessionStoreError
 * @example
 * ```ts
 * const login = await request(app.getHttpServer()).post('/login').send({ name: 'ann' });
 * expect(await getStartedSession(app, login)).toMatchObject({ userId: 'ann', data: { basket: [] } });
 * ```
 * @publicApi
 */
export async function getStartedSession<T = any>(
  app: INestApplicationContext,
  response: TestResponse,
  which: KindOption<T> = {},
): Promise<SessionRecord<T> | undefined> {
  const { kind, Manager } = kindIn('getStartedSession', which);
  const { cookie } = optionsOf(app, kind).http;
  const start = `${cookie?.name}=`;
  const set = cookie && setCookies(response).findLast((text) => text.startsWith(start));
  const [, token = ''] = /=([^;]*)/.exec(set ?? '') ?? [];
  if (token === '') {
    return undefined;
  }
  try {
    return await providerOf<SessionManager<T>>(app, Manager, kind).inspectSession(token);
  } catch (error) {
    if (error instanceof SessionNotFoundError || error instanceof SessionExpiredError) {
      return undefined;
    }
    throw error;
  }
}

/** Returns the values of all Set-Cookie headers. */
function setCookies({ headers }: TestResponse): string[] {
  const values =
    headers instanceof Headers
      ? headers.getSetCookie()
      : (headers as Record<string, string | string[] | undefined>)['set-cookie'];
  return [values ?? []].flat();
}
