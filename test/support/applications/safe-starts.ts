import { expect } from '@jest/globals';
import { parseSetCookie } from 'cookie';
import fc from 'fast-check';
import { SessionsConfigurationError, type SessionsModuleOptions } from 'nestjs-server-sessions';
import { actingController } from './acting-controller.js';
import { ALL_ADAPTERS, startApp, type TestApp } from './applications.js';
import { cookiesOf } from '../http/responses.js';
import { moduleOptions } from '../arbitraries/option-sets.js';

/** Checks that an application with any options starts safely or says what is wrong, and never sets a weaker cookie. */
export async function expectSafeStarts(numRuns: number): Promise<void> {
  const outcomes = { started: 0, refused: 0 };
  const holds = fc.asyncProperty(
    moduleOptions,
    fc.constantFrom(...ALL_ADAPTERS),
    async (given, adapter) => {
      const { controller, does } = actingController();
      const options = given as SessionsModuleOptions;
      let app: TestApp;
      try {
        app = await startApp(adapter, { controllers: [controller], options });
      } catch (error) {
        expect(error).toBeInstanceOf(SessionsConfigurationError);
        outcomes.refused++;
        return;
      }
      try {
        does(async (session) => ({ token: await session.start({}) }));
        const answer = await app.http().post('/act').expect(200);
        expect(answer.body.token).toHaveLength(80);
        expectCookie(cookiesOf(answer), options);
        const foreign = app.http().post('/act').set('Sec-Fetch-Site', 'cross-site');
        await foreign.expect(options.csrf === false || !usesCookie(options) ? 200 : 403);
        outcomes.started++;
      } finally {
        await app.close();
      }
    },
  );
  // A counterexample may be one that hangs, and each smaller one would hang as long.
  await fc.assert(holds, { numRuns, endOnFailure: true });
  expect(Math.min(outcomes.started, outcomes.refused)).toBeGreaterThan(numRuns / 50);
}

const usesCookie = ({ transports }: SessionsModuleOptions) =>
  transports?.includes('cookie') ?? true;

/** Checks that the cookie follows the options, and is as strict as possible by default. */
function expectCookie(cookies: readonly string[], options: SessionsModuleOptions): void {
  if (!usesCookie(options)) {
    expect(cookies).toEqual([]);
    return;
  }
  const {
    name,
    secure = true,
    httpOnly = true,
    sameSite = 'lax',
    path = '/',
    domain,
  } = options.cookie ?? {};
  expect(cookies).toHaveLength(1);
  const cookie = parseSetCookie(cookies[0]!);
  const bound = domain === undefined && path === '/';
  expect(cookie.name).toBe(name ?? (secure ? (bound ? '__Host-id' : '__Secure-id') : 'id'));
  expect(cookie).toMatchObject({ sameSite, path });
  expect([cookie.secure ?? false, cookie.httpOnly ?? false]).toEqual([secure, httpOnly]);
  expect(cookie.domain).toBe(domain);
  expect(cookie.maxAge === undefined).toBe(options.cookie?.persistent === false);
}
