import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  applyDecorators,
  Controller,
  Get,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  CurrentSession,
  OptionalSession,
  RequireSession,
  SessionGuard,
  SkipSession,
} from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf, expectRefusal } from '../support/http/responses.js';

/** Controllers with each policy, and with these guards. */
function controllersWith(...guards: Type<CanActivate>[]): Type[] {
  @Controller('members')
  @UseGuards(...guards)
  class MembersController {
    @Get()
    members(): string[] {
      return ['ada'];
    }

    @Get('count')
    @OptionalSession()
    count(@CurrentSession() session: CurrentSession): { count: number; member: boolean } {
      return { count: 1, member: session.exists };
    }

    @Get('rules')
    @SkipSession()
    rules(): string[] {
      return ['be kind'];
    }
  }

  @Controller('news')
  @SkipSession()
  @UseGuards(...guards)
  class NewsController {
    @Get()
    news(): string[] {
      return [];
    }

    @Get('mine')
    @OptionalSession()
    mine(@CurrentSession() session: CurrentSession): { member: boolean } {
      return { member: session.exists };
    }
  }

  @Controller('offers')
  @OptionalSession()
  @UseGuards(...guards)
  class OffersController {
    @Get()
    offers(@CurrentSession() session: CurrentSession): { member: boolean } {
      return { member: session.exists };
    }

    @Get('terms')
    @SkipSession()
    terms(): string[] {
      return [];
    }
  }

  return [MembersController, NewsController, OffersController];
}

describeAdapters((adapter) => {
  describe.each([
    [
      'on the whole application',
      {
        controllers: controllersWith(),
        providers: [{ provide: APP_GUARD, useExisting: SessionGuard }],
      },
    ],
    ['on each controller', { controllers: controllersWith(SessionGuard) }],
  ])('SessionGuard %s', (_, metadata) => {
    let app: TestApp;
    let cookie: string;

    beforeAll(async () => {
      app = await startApp(adapter, metadata);
      cookie = cookieOf(await app.manager.createSession());
    });
    afterAll(() => app.close());

    const get = (path: string, headers: Record<string, string> = {}) =>
      app.http().get(path).set(headers);
    const statementsFor = (path: string) =>
      app.statementsOf(() => get(path, { Cookie: cookie }).expect(200));

    it('SessionGuard requires a session on every route', async () => {
      expectRefusal(await get('/members'), 'SESSION_MISSING');
      await get('/members', { Cookie: cookie }).expect(200, ['ada']);
    });

    it('a skipped handler causes no lookup', async () => {
      await get('/members/rules').expect(200, ['be kind']);
      expect(await statementsFor('/members/rules')).toEqual([]);
    });

    it('a skipped controller causes no lookup', async () => {
      await get('/news').expect(200, []);
      expect(await statementsFor('/news')).toEqual([]);
    });

    it('an optional session lets visitors and users pass', async () => {
      await get('/members/count').expect(200, { count: 1, member: false });
      await get('/members/count', { Cookie: cookie }).expect(200, { count: 1, member: true });
      await get('/offers').expect(200, { member: false });
      expect(app.logger.lines('warn')).toEqual([]);
      await get('/offers', { Cookie: cookie }).expect(200, { member: true });
    });

    it('an ended session counts as none if the session is optional', async () => {
      const dead = cookieOf(await app.manager.createSession());
      await app.manager.removeSession(dead.split('=')[1]!);
      const answer = await get('/offers', { Cookie: dead }).expect(200, { member: false });
      expect(answer.headers).not.toHaveProperty('set-cookie');
      expect(answer.headers).not.toHaveProperty('www-authenticate');
    });

    it('the policy of a handler precedes that of its controller', async () => {
      await get('/news/mine', { Cookie: cookie }).expect(200, { member: true });
      expect(await statementsFor('/news/mine')).toHaveLength(1);
      expect(await statementsFor('/offers/terms')).toEqual([]);
    });
  });

  describe('a guard on the class itself', () => {
    class OwnGuard extends SessionGuard {}

    @SkipSession()
    class PublicController {
      @Get()
      read(): string[] {
        return ['secret'];
      }

      @Get('terms')
      @SkipSession()
      terms(): string[] {
        return ['terms'];
      }
    }

    const GUARDS: [string, ClassDecorator][] = [
      ['SessionGuard', UseGuards(SessionGuard)],
      ['a class that extends it', UseGuards(OwnGuard)],
      ['an instance', UseGuards(new SessionGuard())],
      ['an instance of a class that extends it', UseGuards(new OwnGuard())],
      ['one of several', UseGuards({ canActivate: () => true }, SessionGuard)],
      ['in a decorator of one’s own', applyDecorators(UseGuards(SessionGuard))],
    ];

    it.each(GUARDS)(
      'a guard on the class precedes a policy of the base class: %s',
      async (_, guard) => {
        @Controller('secrets')
        @guard
        class SecretsController extends PublicController {}

        const app = await startApp(adapter, { controllers: [SecretsController] });
        expectRefusal(await app.http().get('/secrets'), 'SESSION_MISSING');
        await app.http().get('/secrets/terms').expect(200, ['terms']);
        await app.close();
      },
    );

    it.each([
      ['another guard', { canActivate: () => true }],
      ['the same guard', SessionGuard],
    ])('a guard on the class counts even if the base class gets %s later', async (_, later) => {
      @SkipSession()
      class LaterController {
        @Get()
        read(): string[] {
          return ['secret'];
        }
      }

      @Controller('secrets')
      @UseGuards(SessionGuard)
      class SecretsController extends LaterController {}
      UseGuards(later)(LaterController);

      const app = await startApp(adapter, { controllers: [SecretsController] });
      expectRefusal(await app.http().get('/secrets'), 'SESSION_MISSING');
      await app.close();
    });

    it('a guard that is set as metadata counts even if the base class has the same guard', async () => {
      @SkipSession()
      @UseGuards(SessionGuard)
      class GuardedController {
        @Get()
        read(): string[] {
          return ['secret'];
        }
      }

      @Controller('secrets')
      @SetMetadata('__guards__', [SessionGuard])
      class SecretsController extends GuardedController {}

      const app = await startApp(adapter, { controllers: [SecretsController] });
      expectRefusal(await app.http().get('/secrets'), 'SESSION_MISSING');
      await app.close();
    });
  });

  describe('a handler in a wrapper that inherits its metadata', () => {
    /** As decorators for aspects do. */
    const Wrapped: MethodDecorator = (_target, _name, descriptor: PropertyDescriptor) => {
      const handler = descriptor.value as (...args: unknown[]) => unknown;
      descriptor.value = Object.setPrototypeOf(function (this: unknown, ...args: unknown[]) {
        return handler.apply(this, args);
      }, handler);
    };

    it.each([
      ['its guard', UseGuards(SessionGuard)],
      ['its policy', RequireSession()],
    ])('a handler in a wrapper that inherits its metadata keeps %s', async (_, required) => {
      @Controller('secrets')
      @SkipSession()
      class SecretsController {
        @Get()
        @Wrapped
        @required
        read(): string[] {
          return ['secret'];
        }
      }

      const providers = [{ provide: APP_GUARD, useExisting: SessionGuard }];
      const app = await startApp(adapter, { controllers: [SecretsController], providers });
      expectRefusal(await app.http().get('/secrets'), 'SESSION_MISSING');
      await app.close();
    });
  });
});
