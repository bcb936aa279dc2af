import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  Controller,
  createParamDecorator,
  Get,
  Inject,
  Injectable,
  Scope,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { CurrentSession, getCurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import { from, switchMap, type Observable } from 'rxjs';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf, cookiesOf } from '../support/http/responses.js';

interface Member {
  readonly name: string;
  readonly role: string;
}

@Injectable()
class AdminGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    return (await getCurrentSession<Member>(context)).data?.role === 'admin';
  }
}

@Injectable()
class Greeting implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(getCurrentSession(context)).pipe(
      switchMap((session) => {
        context.switchToHttp().getResponse().header('x-session', session.id);
        return next.handle();
      }),
    );
  }
}

@Injectable({ scope: Scope.REQUEST })
class Account {
  constructor(@Inject(REQUEST) private readonly request: object) {}

  async name(): Promise<string | undefined> {
    return (await getCurrentSession<Member>(this.request)).data?.name;
  }
}

const Role = createParamDecorator(
  async (_: unknown, context: ExecutionContext) =>
    (await getCurrentSession<Member>(context)).data?.role,
);

@Controller()
class AccountController {
  constructor(private readonly account: Account) {}

  @Get('account')
  @UseGuards(SessionGuard, AdminGuard)
  @UseInterceptors(Greeting)
  async show(
    @Session() member: Member,
    @Session('name') name: string,
    @CurrentSession() session: CurrentSession<Member>,
    @Role() role: string,
  ): Promise<unknown> {
    return [member.name, name, session.data?.name, role, await this.account.name()];
  }

  @Get('unguarded')
  unguarded(@CurrentSession() session: CurrentSession): { exists: boolean } {
    return { exists: session.exists };
  }
}

describeAdapters((adapter) => {
  let app: TestApp<Member>;
  let cookie: string;

  beforeAll(async () => {
    app = await startApp(adapter, {
      controllers: [AccountController],
      providers: [AdminGuard, Greeting, Account],
    });
    cookie = cookieOf(await app.manager.createSession({ name: 'ada', role: 'admin' }));
  });
  afterAll(() => app.close());

  const get = (path: string) => app.http().get(path);

  it('a session is looked up once, however many guards, decorators and services read it', async () => {
    const statements = await app.statementsOf(() =>
      get('/account')
        .set('Cookie', cookie)
        .expect(200, ['ada', 'ada', 'ada', 'admin', 'ada'])
        .expect('x-session', /^[\da-f-]{36}$/),
    );
    expect(statements).toEqual([expect.stringMatching(/^SELECT /)]);
  });

  it('the next request looks the session up again', async () => {
    const statements = await app.statementsOf(async () => {
      await get('/account').set('Cookie', cookie).expect(200);
      await get('/account').set('Cookie', cookie).expect(200);
    });
    expect(statements).toHaveLength(2);
  });

  it('a refused token causes one statement', async () => {
    const token = await app.manager.createSession({ name: 'bob', role: 'admin' });
    await app.manager.removeSession(token);
    const statements = await app.statementsOf(() =>
      get('/account').set('Cookie', cookieOf(token)).expect(401),
    );
    expect(statements).toHaveLength(1);
  });

  it('a request without a token causes no statement', async () => {
    const statements = await app.statementsOf(async () => {
      const answer = await get('/unguarded').expect(200, { exists: false });
      expect(cookiesOf(answer)).toEqual([]);
      await get('/account').expect(401);
    });
    expect(statements).toEqual([]);
  });
});
