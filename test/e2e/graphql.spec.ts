import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Inject, Injectable, Module, Scope, UseGuards } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  Args,
  CONTEXT,
  Field,
  GraphQLModule,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import {
  CurrentSession,
  getCurrentSession,
  OptionalSession,
  PublicRoute,
  RequireFresh,
  RequireSession,
  Session,
  SessionGuard,
  SessionsConfigurationError,
  SessionsModule,
  SessionToken,
} from 'nestjs-server-sessions';
import { SessionGraphQLModule } from 'nestjs-server-sessions/graphql';
import { startError } from '../support/applications/applications.js';
import { Staff } from '../support/applications/two-kinds.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import {
  describeDrivers,
  startGraphqlApp,
  toGraphqlResponse,
  type GraphqlApp,
} from '../support/graphql/graphql-apps.js';
import { bearerOf, cookieOf, cookiesOf } from '../support/http/responses.js';

interface Member {
  readonly name: string;
}

@Injectable({ scope: Scope.REQUEST })
class Account {
  constructor(@Inject(CONTEXT) private readonly context: { readonly req: object }) {}

  async name(): Promise<string | undefined> {
    return (await getCurrentSession<Member>(this.context.req)).data?.name;
  }
}

@Resolver()
class MemberResolver {
  constructor(private readonly account: Account) {}

  @Query(() => String)
  @UseGuards(SessionGuard)
  name(@Session('name') name: string): string {
    return name;
  }

  @Query(() => String)
  @UseGuards(SessionGuard)
  token(@SessionToken() token: string): string {
    return token;
  }

  @Query(() => String)
  @UseGuards(SessionGuard)
  @OptionalSession()
  greeting(@Session('name') name?: string): string {
    return `Hello ${name ?? 'stranger'}`;
  }

  @Query(() => String)
  @RequireFresh(60_000)
  secret(): string {
    return 'secret';
  }

  @Mutation(() => String)
  async confirm(@CurrentSession() session: CurrentSession<Member>): Promise<string> {
    return session.confirm();
  }

  @Query(() => String, { nullable: true })
  async accountName(): Promise<string | undefined> {
    return this.account.name();
  }

  @Query(() => Boolean)
  async logIn(@CurrentSession() session: CurrentSession<Member>): Promise<boolean> {
    await session.start({ name: 'attacker' });
    return true;
  }

  @Mutation(() => Boolean)
  async login(
    @Args('name') name: string,
    @CurrentSession() session: CurrentSession<Member>,
  ): Promise<boolean> {
    await session.start({ name });
    return session.exists;
  }

  @Mutation(() => Boolean)
  async logout(@CurrentSession() session: CurrentSession): Promise<boolean> {
    await session.end();
    return session.exists;
  }

  @Mutation(() => String)
  @UseGuards(SessionGuard)
  async rename(
    @Args('name') name: string,
    @CurrentSession() session: CurrentSession<Member>,
  ): Promise<string> {
    return (await session.update({ name })).name;
  }
}

@Resolver()
class OpenResolver {
  @Query(() => String)
  @PublicRoute()
  open(): string {
    return 'open';
  }

  @Query(() => String)
  closed(): string {
    return 'closed';
  }
}

@Resolver()
class StrictResolver extends OpenResolver {
  @Query(() => String)
  @RequireSession()
  strict(): string {
    return 'strict';
  }
}

@ObjectType()
class Article {
  @Field(() => String)
  title!: string;
}

@Resolver(() => Article)
class ArticleResolver {
  @Query(() => Article, { nullable: true })
  article(): Article {
    return { title: 'News' };
  }

  @ResolveField(() => String, { nullable: true })
  @UseGuards(SessionGuard)
  draft(@Session('name') name: string): string {
    return `Draft of ${name}`;
  }
}

describeDrivers((stack) => {
  describe('an application with guarded resolvers', () => {
    let app: GraphqlApp<Member>;
    beforeAll(async () => {
      app = await startGraphqlApp<Member>(stack, { providers: [MemberResolver, Account] });
    });
    afterAll(() => app.close());

    const cookie = async () => ({
      Cookie: cookieOf(await app.manager.createSession({ name: 'ann' })),
    });

    it('a mutation logs in and out, and sets and clears the cookie', async () => {
      const login = await app.send('mutation { login(name: "ann") }');
      expect(login.data).toEqual({ login: true });
      expect(cookiesOf(login.response)).toEqual([expect.stringMatching(/^__Host-id=[^;]+;/)]);
      expect(login.response.headers['cache-control']).toBe('no-store');
      const headers = { Cookie: cookiesOf(login.response)[0]!.split(';')[0]! };
      expect((await app.send('{ name greeting }', headers)).data).toEqual({
        name: 'ann',
        greeting: 'Hello ann',
      });
      const logout = await app.send('mutation { logout }', headers);
      expect(logout.data).toEqual({ logout: false });
      expect(cookiesOf(logout.response)).toEqual([expect.stringMatching(/^__Host-id=; Max-Age=0/)]);
      expect((await app.send('{ name }', headers)).codes).toEqual(['SESSION_ENDED']);
    });

    it('a resolver without a session is refused with the code, and others respond', async () => {
      const refused = await app.send('{ name }');
      expect(refused.data).toBeNull();
      expect(refused.codes).toEqual(['SESSION_MISSING']);
      expect(refused.response.headers['www-authenticate']).toBe('Bearer realm="sessions"');
      const open = await app.send('{ accountName greeting }');
      expect(open.data).toEqual({ accountName: null, greeting: 'Hello stranger' });
      expect(open.errors).toBeUndefined();
    });

    it('a bearer token opens the session', async () => {
      const token = await app.manager.createSession({ name: 'bob' });
      const { data } = await app.send('{ name token accountName }', {
        Authorization: bearerOf(token),
      });
      expect(data).toEqual({ name: 'bob', token, accountName: 'bob' });
    });

    it('the code of an expired session and of a bad token differ', async () => {
      const headers = await cookie();
      app.clock.advance(40 * 86_400_000);
      expect((await app.send('{ name }', headers)).codes).toEqual(['SESSION_EXPIRED']);
      const forged = await app.send('{ name }', { Cookie: cookieOf('forged') });
      expect(forged.codes).toEqual(['SESSION_NOT_FOUND']);
    });

    it('one request looks its session up once, however many resolvers and operations it has', async () => {
      const headers = await cookie();
      const one = await app.statementsOf(() =>
        app.send('{ name greeting token accountName a: name }', headers),
      );
      expect(one).toHaveLength(1);
      const batch = [{ query: '{ name token }' }, { query: '{ a: name b: accountName }' }];
      let body: unknown;
      const two = await app.statementsOf(async () => {
        ({ body } = await app.http().post('/graphql').set(headers).send(batch));
      });
      expect(body).toEqual([
        { data: { name: 'ann', token: expect.any(String) } },
        { data: { a: 'ann', b: 'ann' } },
      ]);
      expect(two).toHaveLength(1);
    });

    it('each refused operation of a batch has its code', async () => {
      const batch = [{ query: '{ name }' }, { query: '{ greeting }' }];
      const { body, status } = await app.http().post('/graphql').send(batch);
      // Mercurius gives a batch the status of its last refused operation.
      expect(status).toBe({ Apollo: 200, Mercurius: 401 }[stack.driver]);
      expect(body).toEqual([
        {
          data: null,
          errors: [
            expect.objectContaining({
              extensions: expect.objectContaining({ code: 'SESSION_MISSING' }),
            }),
          ],
        },
        { data: { greeting: 'Hello stranger' } },
      ]);
    });

    it('a mutation changes the data of the session', async () => {
      const headers = await cookie();
      const { data } = await app.send('mutation { rename(name: "eve") }', headers);
      expect(data).toEqual({ rename: 'eve' });
      expect((await app.send('{ name }', headers)).data).toEqual({ name: 'eve' });
    });

    it('a resolver that needs a fresh session responds after a confirmation', async () => {
      const headers = await cookie();
      expect((await app.send('{ secret }', headers)).codes).toEqual(['SESSION_NOT_FRESH']);
      const { data } = await app.send('mutation { confirm }', headers);
      const confirmed = { Cookie: cookieOf(data.confirm) };
      expect((await app.send('{ secret }', confirmed)).data).toEqual({ secret: 'secret' });
    });

    it('a mutation that a page of another origin sends is refused with the code', async () => {
      const headers = {
        ...(await cookie()),
        Origin: 'https://evil.example',
        'Sec-Fetch-Site': 'cross-site',
      };
      for (const operation of ['rename(name: "x")', 'logout', 'login(name: "x")']) {
        const refused = await app.send(`mutation { ${operation} }`, headers);
        expect(refused.codes).toEqual(['SESSION_CROSS_ORIGIN']);
        expect(cookiesOf(refused.response)).toEqual([]);
      }
    });

    it('an operation over GET can read the session, and never starts one', async () => {
      const get = async (query: string, headers: object) =>
        toGraphqlResponse(
          await app
            .http()
            .get('/graphql')
            .query({ query })
            .set({ 'apollo-require-preflight': 'true', ...headers }),
        );
      expect((await get('{ name }', await cookie())).data).toEqual({ name: 'ann' });
      const refused = await get('{ logIn }', {});
      expect(refused.errors).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/over GET.*Make it a mutation/) }),
      ]);
      expect(cookiesOf(refused.response)).toEqual([]);
      expect((await app.send('{ logIn }')).data).toEqual({ logIn: true });
      const mutation = await get('mutation { login(name: "x") }', {});
      expect(mutation.response.status).toBe(405);
      expect(cookiesOf(mutation.response)).toEqual([]);
    });

    it('a mutation that was compiled for the text of a query runs for no other origin', async () => {
      const headers = await cookie();
      const query = 'query Q { greeting } mutation M { rename(name: "x") }';
      for (let tries = 0; tries < 3; tries++) {
        await app.http().post('/graphql').send({ query, operationName: 'M' });
      }
      const follow = (more: Record<string, string>) =>
        app.http().get('/graphql').query({ query, operationName: 'Q' }).set(headers).set(more);
      const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
      const refused = await follow({ 'apollo-require-preflight': 'true', ...link });
      expect(toGraphqlResponse(refused).codes).toEqual(['SESSION_CROSS_ORIGIN']);
      // From an older browser. Apollo refuses it itself. Both messages name the missing header.
      const older = await follow({});
      expect(toGraphqlResponse(older).data?.greeting).toBeUndefined();
      expect(older.text).toContain('apollo-require-preflight');
      expect((await app.send('{ name }', headers)).data).toEqual({ name: 'ann' });
    });

    it('an operation over GET does not use the cookie for another origin', async () => {
      const response = await app
        .http()
        .get('/graphql')
        .query({ query: '{ name }' })
        .set({ 'apollo-require-preflight': 'true', ...(await cookie()) })
        .set({ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' });
      expect(toGraphqlResponse(response).codes).toEqual(['SESSION_CROSS_ORIGIN']);
    });

    it('an operation over HEAD neither changes a session for another origin nor starts one', async () => {
      const token = await app.manager.createSession({ name: 'ann' });
      const head = (query: string, headers: object) =>
        app
          .http()
          .head('/graphql')
          .query({ query })
          .set({ 'apollo-require-preflight': 'true', Cookie: cookieOf(token), ...headers });
      for (const site of ['same-site', 'cross-site']) {
        for (const operation of ['rename(name: "x")', 'logout', 'login(name: "x")', 'confirm']) {
          const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': site };
          const response = await head(`mutation { ${operation} }`, headers);
          expect(cookiesOf(response)).toEqual([]);
        }
      }
      for (const operation of ['{ logIn }', 'mutation { login(name: "x") }']) {
        expect(cookiesOf(await head(operation, {}))).toEqual([]);
      }
      await expect(app.manager.retrieveSession(token)).resolves.toEqual({ name: 'ann' });
    });

    it('trouble with the database is no missing session', async () => {
      const headers = await cookie();
      await takeAway(app.connection);
      try {
        for (const operation of ['{ name }', '{ greeting }', 'mutation { login(name: "x") }']) {
          const refused = await app.send(operation, headers);
          expect(refused.codes).toEqual(['SESSION_STORE_UNAVAILABLE']);
          expect(JSON.stringify(refused.response.body)).not.toContain('out_of_reach');
        }
      } finally {
        await bringBack(app.connection);
      }
      expect((await app.send('{ name }', headers)).data).toEqual({ name: 'ann' });
    });
  });

  describe('an application with a global guard', () => {
    let app: GraphqlApp<Member>;
    beforeAll(async () => {
      const guard = { provide: APP_GUARD, useExisting: SessionGuard };
      app = await startGraphqlApp<Member>(stack, { providers: [StrictResolver, guard] });
    });
    afterAll(() => app.close());

    it('only resolvers with @PublicRoute() are open', async () => {
      expect((await app.send('{ open }')).data).toEqual({ open: 'open' });
      expect((await app.send('{ closed }')).codes).toEqual(['SESSION_MISSING']);
      expect((await app.send('{ strict }')).codes).toEqual(['SESSION_MISSING']);
      const headers = { Cookie: cookieOf(await app.manager.createSession({ name: 'ann' })) };
      expect((await app.send('{ open closed strict }', headers)).errors).toBeUndefined();
    });
  });

  if (stack.driver === 'Apollo') {
    it('an application without a server starts', async () => {
      @Module({
        imports: [
          SessionsModule.forRoot({ storagePath: ':memory:' }),
          SessionGraphQLModule,
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: ApolloDriver,
            autoSchemaFile: true,
            subscriptions: { 'graphql-ws': true },
          }),
        ],
        providers: [MemberResolver, Account],
      })
      class WorkerModule {}
      const worker = await NestFactory.createApplicationContext(WorkerModule, {
        logger: false,
        abortOnError: false,
      });
      await worker.close();
    });
  }

  describe('a guarded field', () => {
    const providers = [ArticleResolver];

    it('a field with a guard is refused without the option that makes it one', async () => {
      const error = await startError(() => startGraphqlApp(stack, { providers }));
      expect(error).toEqual(
        new SessionsConfigurationError(
          'ArticleResolver.draft() is a field that requires a session, but GraphQLModule ignores the guards of fields. ' +
            "Add fieldResolverEnhancers: ['guards'] to the options of GraphQLModule.",
        ),
      );
    });

    it('a field with the policy of another kind is refused without that option, too', async () => {
      @Resolver(() => Article)
      class StaffArticleResolver {
        @Query(() => Article)
        article(): Article {
          return { title: 'News' };
        }

        @ResolveField(() => String)
        @Staff.RequireSession()
        draft(): string {
          return 'for the staff';
        }
      }
      const error = await startError(() =>
        startGraphqlApp(stack, {
          providers: [StaffArticleResolver],
          imports: [Staff.Module.forRoot({ storagePath: ':memory:' })],
        }),
      );
      expect(String(error)).toContain('StaffArticleResolver.draft() is a field that requires');
    });

    it('a field is refused with the code, and the others respond', async () => {
      const graphql = { fieldResolverEnhancers: ['guards'] };
      const app = await startGraphqlApp(stack, { providers, graphql });
      const refused = await app.send('{ article { title draft } }');
      expect(refused.data).toEqual({ article: { title: 'News', draft: null } });
      expect(refused.codes).toEqual(['SESSION_MISSING']);
      const headers = { Cookie: cookieOf(await app.manager.createSession({ name: 'ann' })) };
      expect((await app.send('{ article { draft } }', headers)).data).toEqual({
        article: { draft: 'Draft of ann' },
      });
      await app.close();
    });
  });

  describe('the HTTP status', () => {
    let app: GraphqlApp;
    afterEach(() => app.close());

    it('a response without data has the status of the refusal, if the driver takes one', async () => {
      app = await startGraphqlApp(stack, {
        providers: [MemberResolver, Account],
        graphql: stack.driver === 'Apollo' ? { preserveHttpStatusForExecutionErrors: false } : {},
      });
      expect(await app.send('{ name }')).toMatchObject({ status: 401, codes: ['SESSION_MISSING'] });
      expect((await app.send('{ accountName }')).status).toBe(200);
      await takeAway(app.connection);
      const headers = { Cookie: cookieOf('019b76da-a800-7018-8f88-ace3fefeb0a5.x') };
      expect((await app.send('{ name }', headers)).status).toBe(401);
    });
  });
});
