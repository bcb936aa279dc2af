import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Catch,
  Controller,
  Get,
  HttpException,
  NotFoundException,
  Res,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { lastValueFrom, type Observable } from 'rxjs';
import {
  CurrentSession,
  SessionConflictError,
  SessionDataError,
  SessionDataTooLargeError,
  SessionError,
  SessionExceptionFilter,
  SessionHttpException,
  SessionNotFoundError,
  SessionsConfigurationError,
  SessionStoreError,
  type SessionHttpCode,
  type SessionManager,
} from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, expectRefusal, secretOf } from '../support/http/responses.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { takeAway } from '../support/faults/outage.js';
import { ShopController } from '../support/applications/shop.controller.js';

let act: () => Promise<unknown>;
let onSession: (session: CurrentSession) => Promise<unknown>;

/** Errors of an application, with codes of the library and with others. */
const OWN_ERRORS = ['ERR_SESSION_BASKET_FULL', 'ERR_SESSION_LIMIT', 'ERR_SESSION_constructor'].map(
  (code) =>
    new (class BasketFullError extends SessionError {
      override readonly code = code as 'ERR_SESSION_BASKET_FULL';
    })('The basket is full.'),
);

@Controller()
class ErrorController {
  @Get('act')
  async act(): Promise<unknown> {
    return act();
  }

  @Get('session')
  async withSession(@CurrentSession() session: CurrentSession): Promise<unknown> {
    return onSession(session);
  }

  @Get('stream')
  async stream(@Res() response: any): Promise<void> {
    response.hijack?.();
    (response.raw ?? response).write('begun');
    await act();
  }
}

type Failure = (app: TestApp) => Promise<unknown>;

const HOUR = 60 * 60 * 1000;

/** Each failure of a `SessionManager`, as a handler gets it. */
const FAILURES: [SessionHttpCode, Failure][] = [
  ['SESSION_NOT_FOUND', ({ manager }) => manager.retrieveSession('nonsense')],
  [
    'SESSION_EXPIRED',
    async ({ manager, clock }) => {
      const token = await manager.createSession({}, { expireTime: HOUR });
      clock.advance(HOUR);
      await manager.retrieveSession(token);
    },
  ],
  [
    'SESSION_CONFLICT',
    async () => {
      throw new SessionConflictError('Another writer came first.');
    },
  ],
  ['SESSION_DATA_TOO_LARGE', ({ manager }) => manager.createSession('x'.repeat(100_000))],
  ['SESSION_DATA', ({ manager }) => manager.createSession(1n)],
  [
    'SESSION_STORE_UNAVAILABLE',
    async ({ manager, connection }) => {
      const token = await manager.createSession();
      await takeAway(connection);
      await manager.retrieveSession(token);
    },
  ],
];

describeAdapters((adapter) => {
  let app: TestApp;

  const start = async (...filters: (new () => ExceptionFilter)[]) => {
    app = await startApp(adapter, {
      controllers: [ErrorController, ShopController],
      configure: (nest) => nest.useGlobalFilters(...filters.map((Filter) => new Filter())),
    });
  };
  afterEach(() => app.close());

  const answerTo = (failure: Failure) => {
    act = () => failure(app);
    return app.http().get('/act');
  };

  describe('with SessionExceptionFilter', () => {
    it.each(FAILURES)(
      'SessionExceptionFilter answers %s of a handler like the guard does',
      async (code, failure) => {
        await start(SessionExceptionFilter);
        expectRefusal(await answerTo(failure), code);
      },
    );

    it.each([
      [true, '1'],
      [false, undefined],
    ])(
      'a 503 has Retry-After only if the failure is transient: %s',
      async (isTransient, retryAfter) => {
        await start(SessionExceptionFilter);
        const answer = await answerTo(async () => {
          throw new SessionStoreError('The table is missing.', { isTransient });
        });
        expect(answer.status).toBe(503);
        expect(answer.headers['retry-after']).toBe(retryAfter);
      },
    );

    it('an error in application code is still a plain 500', async () => {
      await start(SessionExceptionFilter);
      const mistake = ({ manager }: { manager: SessionManager }) =>
        manager.createSession({}, { expireTime: -1 });
      const answer = await answerTo(mistake);
      expect(answer.body).toEqual({ statusCode: 500, message: 'Internal server error' });
      expect(app.logger.lines('error').join()).toContain(SessionsConfigurationError.name);
    });

    it('other exceptions keep their response', async () => {
      await start(SessionExceptionFilter);
      const answer = await answerTo(async () => {
        throw new NotFoundException();
      });
      expect(answer.status).toBe(404);
    });

    it.each([
      ['SESSION_DATA', new SessionDataError('The data is damaged.')],
      ['SESSION_DATA_TOO_LARGE', new SessionDataTooLargeError('The data is too large.')],
    ])('a response that has begun is ended, and its error is logged: %s', async (_, error) => {
      await start(SessionExceptionFilter);
      act = () => Promise.reject(error);
      const answer = app.http().get('/stream').timeout(LONG_TIMEOUT_MS);
      expect((await answer).text).toBe('begun');
      expect(app.logger.lines('error')).toEqual([
        expect.stringContaining(`GET /stream: ${error.message}`),
      ]);
    });
  });

  describe.each([
    ['with SessionExceptionFilter', [SessionExceptionFilter]],
    ['without it', []],
  ])('an error of the application’s own that a change throws, %s', (_name, filters) => {
    it.each(OWN_ERRORS)(
      'an application error that a change throws passes through unchanged: $code',
      async (error) => {
        const caught: unknown[] = [];
        @Catch(SessionError)
        class Outermost implements ExceptionFilter {
          catch(given: unknown, host: ArgumentsHost) {
            caught.push(given);
            app.app.getHttpAdapter().reply(host.switchToHttp().getResponse(), 'basket full', 409);
          }
        }
        await start(Outermost, ...filters);
        const token = await app.manager.createSession({ userId: 'ann' });
        const change = () => {
          throw error;
        };
        onSession = (session) => session.update(change);
        const bySession = app.http().get('/session').set('Authorization', bearerOf(token));
        await bySession.expect(409, 'basket full');
        onSession = (session) => session.regenerate({ change });
        const byRotation = app.http().get('/session').set('Authorization', bearerOf(token));
        await byRotation.expect(409, 'basket full');
        act = () => app.manager.updateSession(token, change);
        await app.http().get('/act').expect(409, 'basket full');
        expect(caught).toEqual([error, error, error]);
        caught.forEach((each) => expect(each).toBe(error));
      },
    );
  });

  describe('without it', () => {
    it.each(FAILURES)(
      'without the filter %s of a handler is a 500 without details',
      async (...row) => {
        await start();
        const answer = await answerTo(row[1]);
        expect(answer.status).toBe(500);
        expect(answer.body).toEqual({ statusCode: 500, message: 'Internal server error' });
      },
    );
  });

  it('without the filter the log of a failure contains no token', async () => {
    await start();
    let token = '';
    await answerTo(async ({ manager, connection }) => {
      token = await manager.createSession();
      await takeAway(connection);
      await manager.retrieveSession(token);
    });
    expect(app.logger.lines('error').join()).toContain('SessionStoreError');
    expect(app.logger.lines().join()).not.toContain(secretOf(token));
  });

  it('filters of HttpException get the refusals of the guard with code and header', async () => {
    const seen: unknown[] = [];

    @Catch(HttpException)
    class Recording {
      catch(exception: HttpException, host: ArgumentsHost): void {
        seen.push(exception);
        host.switchToHttp().getResponse().status(exception.getStatus()).send({ problem: true });
      }
    }

    await start(SessionExceptionFilter, Recording);
    const answer = await app.http().get('/me').expect(401, { problem: true });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="sessions"');
    expect(seen).toEqual([expect.any(SessionHttpException)]);
    expect(seen).toMatchObject([{ code: 'SESSION_MISSING' }]);
  });
});

describe('SessionExceptionFilter beyond HTTP', () => {
  const filter = new SessionExceptionFilter();
  const hostOf = (type: string, client: object) => {
    const host = new ExecutionContextHost([client, {}]);
    host.setType(type);
    return host;
  };
  const refusal = { response: { statusCode: 401, code: 'SESSION_NOT_FOUND' } };

  it('SessionExceptionFilter fails the call of a microservice', async () => {
    const answer = filter.catch(new SessionNotFoundError(), hostOf('rpc', {}));
    await expect(lastValueFrom(answer as Observable<never>)).rejects.toMatchObject(refusal);
  });

  it('SessionExceptionFilter sends the error to the client of a gateway', () => {
    const told: unknown[] = [];
    const client = { emit: (...parts: unknown[]) => told.push(parts) };
    expect(filter.catch(new SessionNotFoundError(), hostOf('ws', client))).toBeUndefined();
    expect(told).toEqual([['exception', expect.objectContaining(refusal.response)]]);
  });

  it.each(['graphql', 'something else'])(
    'SessionExceptionFilter passes the error to a server of type %s',
    (type) => {
      const answer = filter.catch(new SessionNotFoundError(), hostOf(type, {}));
      expect(answer).toMatchObject(refusal);
    },
  );
});
