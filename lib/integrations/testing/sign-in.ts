import type { INestApplicationContext } from '@nestjs/common';
import { ownOptions } from '../../common/checks.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { CREATION_OPTIONS, type CreateSessionOptions } from '../../manager/call.options.js';
import { serviceOf, type SessionManager } from '../../manager/session-manager.js';
import type { ResolvedHttpOptions } from '../../http/http.options.js';
import { optionsOf, providerOf } from '../module-providers.js';
import { meantKind, type KindOption } from '../kind-option.js';

/**
 * A session for the requests of a test.
 *
 * @publicApi
 */
export interface SignedIn {
  /** The session's token, for `SessionManager`. */
  readonly token: string;
  /**
   * The `Cookie` header of a request, such as `__Host-id=…`.
   *
   * @throws SessionsConfigurationError if the option `transports` has no `'cookie'`
   */
  readonly cookie: string;
  /**
   * The `Authorization` header of a request, `Bearer …`.
   *
   * @throws SessionsConfigurationError if the option `transports` has no `'bearer'`
   */
  readonly bearer: string;
  /** The headers of a request: the cookie, or the bearer token if the option `transports` has no `'cookie'`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Creates a session in the application under test, as a login would, and returns the headers that send it. They fit
 * supertest (`.set(ann.headers)`), Fastify (`inject({ url, headers: ann.headers })`), `fetch`, Socket.IO's
 * `extraHeaders` and GraphQL clients.
 *
 * @typeParam T type of the session's data
 * @param app the application, or the module that the test compiled
 * @param data the data of the session
 * @param options the options of `SessionManager.createSession()`, and the `kind` if the session is one of `defineSessions()`
 * @throws SessionsConfigurationError if the application does not import `SessionsModule`; the errors of `createSession()`
 * @example
 * ```ts
 * const ann = await signIn(app, { userId: 'ann', basket: [] });
 * await request(app.getHttpServer()).get('/basket').set(ann.headers).expect(200, []);
 * const bo = await signIn(app, { userId: 'bo', role: 'admin' }, { kind: Staff });
 * ```
 * @publicApi
 */
export async function signIn<T = any>(
  app: INestApplicationContext,
  data: NoInfer<T>,
  options: CreateSessionOptions & KindOption<T> = {},
): Promise<SignedIn> {
  const { kind: given, ...own } = ownOptions('signIn options', options, [
    'kind',
    ...CREATION_OPTIONS,
  ]);
  const { kind, Manager } = meantKind(given);
  const sessions = providerOf<SessionManager<T>>(app, Manager, kind);
  const { token } = await serviceOf(sessions).create(data, own, [], {
    canBeBound: false,
    carry: undefined,
  });
  return new SessionHeaders(optionsOf(app, kind).http, token);
}

/** Its getters are on the prototype, so that a test runner that prints the object does not call them. */
class SessionHeaders implements SignedIn {
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #options: ResolvedHttpOptions;

  constructor(options: ResolvedHttpOptions, token: string) {
    this.#options = options;
    this.token = token;
    this.headers = options.cookie ? { cookie: this.cookie } : { authorization: this.bearer };
  }

  get cookie(): string {
    const { cookie } = this.#options;
    if (!cookie) {
      throw transportIsOff('cookie');
    }
    return `${cookie.name}=${this.token}`;
  }

  get bearer(): string {
    if (!this.#options.bearer) {
      throw transportIsOff('bearer');
    }
    return `Bearer ${this.token}`;
  }
}

function transportIsOff(name: 'cookie' | 'bearer'): SessionsConfigurationError {
  return new SessionsConfigurationError(
    `The application ignores this ${name}, since its option transports does not contain '${name}'. Use the property ` +
      'headers instead, which fits the transports.',
  );
}
