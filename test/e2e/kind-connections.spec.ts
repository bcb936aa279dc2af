import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Sse, UseGuards, UseInterceptors } from '@nestjs/common';
import { Field, ObjectType, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  CurrentSession,
  SessionGuard,
  SessionStreamInterceptor,
  type SessionManager,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { SessionSocketsModule } from 'nestjs-server-sessions/sockets';
import { NEVER, startWith } from 'rxjs';
import { describeAdapters, type TestApp } from '../support/applications/applications.js';
import {
  customerCookie,
  Staff,
  staffCookie,
  startTwoKinds,
  type CustomerSession,
  type StaffSession,
} from '../support/applications/two-kinds.js';
import {
  describeDrivers,
  startGraphqlApp,
  type GraphqlApp,
} from '../support/graphql/graphql-apps.js';
import { connectGraphql } from '../support/graphql/graphql-client.js';
import { openEvents } from '../support/http/event-stream.js';
import { describeSockets, opened, type SocketOptions } from '../support/sockets/socket-kinds.js';

type TwoKinds = TestApp<CustomerSession> & { readonly staff: SessionManager<StaffSession> };

let app: TwoKinds;
let ann: string;
let bo: string;
const signIn = async (started: TwoKinds): Promise<void> => {
  app = started;
  ann = await app.manager.createSession({ userId: 'ann', basket: [] });
  bo = await app.staff.createSession({ userId: 'bo', role: 'agent' });
};
afterEach(() => app.close());

@WebSocketGateway()
@UseGuards(Staff.Guard)
class StaffGateway {
  @SubscribeMessage('staff')
  staff(@Staff.Session('userId') data: string) {
    return { event: 'staff', data };
  }

  @SubscribeMessage('both')
  @UseGuards(SessionGuard)
  both(@CurrentSession() customer: CurrentSession, @Staff.Session('userId') staff: string) {
    return { event: 'both', data: [customer.userId, staff] };
  }
}

@WebSocketGateway()
class OpenGateway {
  @SubscribeMessage('public')
  public() {
    return { event: 'public', data: 'all' };
  }

  @SubscribeMessage('customer')
  @UseGuards(SessionGuard)
  customer(@CurrentSession() { userId }: CurrentSession) {
    return { event: 'customer', data: userId };
  }

  @SubscribeMessage('staff')
  @UseGuards(Staff.Guard)
  staff(@Staff.Session('userId') data: string) {
    return { event: 'staff', data };
  }
}

const ADMIN_PAGE = 'https://admin.example';
/** A page that only the kind of the customers trusts. */
const PARTNER_PAGE = 'https://partner.example';

describeAdapters((adapter) => {
  describeSockets((kind) => {
    const start = async (
      gateway: object,
      staff: SessionsModuleOptions<StaffSession> = { csrf: { trustedOrigins: [ADMIN_PAGE] } },
    ) =>
      signIn(
        await startTwoKinds(adapter, {
          imports: [SessionSocketsModule],
          providers: [gateway as never],
          staff,
          configure: (nest) => void nest.useWebSocketAdapter(kind.adapter(nest)),
        }),
      );
    const open = (options: SocketOptions) => opened(kind.connect(app.port, options));

    it('a gateway of a kind needs a session of that kind, and a session of another is none', async () => {
      await start(StaffGateway);
      expect(await kind.connect(app.port, { cookie: customerCookie(ann) })).toEqual(
        kind.refusal(401, 'SESSION_MISSING', false),
      );
      const socket = await open({ cookie: staffCookie(bo) });
      expect(await socket.ask('staff')).toEqual({ event: 'staff', data: 'bo' });
      expect(await socket.ask('both')).toMatchObject({ data: { code: 'SESSION_MISSING' } });
      socket.close();
    });

    it('only the end of a session that the connection used closes it', async () => {
      await start(StaffGateway);
      const cookie = `${customerCookie(ann)}; ${staffCookie(bo)}`;
      const ofStaff = await open({ cookie });
      const ofBoth = await open({ cookie });
      expect(await ofBoth.ask('both')).toEqual({ event: 'both', data: ['ann', 'bo'] });
      await app.manager.removeSession(ann);
      await ofBoth.closed;
      expect(await ofStaff.ask('staff')).toEqual({ event: 'staff', data: 'bo' });
      await app.staff.removeSession(bo);
      expect((await ofStaff.closed).code).toBe('SESSION_LOGOUT');
    });

    it('the end of the session of the handshake closes a connection that used another one since', async () => {
      await start(StaffGateway);
      const socket = await open({ cookie: `${customerCookie(ann)}; ${staffCookie(bo)}` });
      expect(await socket.ask('both')).toEqual({ event: 'both', data: ['ann', 'bo'] });
      await app.staff.removeSession(bo);
      expect((await socket.closed).code).toBe('SESSION_LOGOUT');
    });

    it('a page that only one kind trusts can use the cookie of that kind only', async () => {
      await start(OpenGateway);
      const cookie = `${customerCookie(ann)}; ${staffCookie(bo)}`;
      const evil = await kind.connect(app.port, { cookie, origin: 'https://evil.example' });
      expect(evil.status).toBe(403);
      const socket = await open({ cookie, origin: ADMIN_PAGE });
      expect(await socket.ask('public')).toEqual({ event: 'public', data: 'all' });
      expect(await socket.ask('staff')).toEqual({ event: 'staff', data: 'bo' });
      expect(await socket.ask('customer')).toMatchObject({
        data: { code: 'SESSION_CROSS_ORIGIN' },
      });
      socket.close();
    });

    it('a kind without cookies lets in no page that the others do not trust', async () => {
      await start(OpenGateway, { transports: ['bearer'] });
      const evil = 'https://evil.example';
      expect((await kind.connect(app.port, { origin: evil })).status).toBe(403);
      const socket = await open({ origin: evil, headers: { authorization: `Bearer ${bo}` } });
      expect(await socket.ask('staff')).toEqual({ event: 'staff', data: 'bo' });
      socket.close();
    });
  });

  describe('an event stream', () => {
    @Controller()
    @UseInterceptors(SessionStreamInterceptor)
    class FeedController {
      @Sse('staff-feed')
      @UseGuards(Staff.Guard)
      feed() {
        return NEVER.pipe(startWith({ data: 'begun' }));
      }
    }

    it('ends with the session that its guard checked, not with that of another kind', async () => {
      await signIn(await startTwoKinds(adapter, { controllers: [FeedController] }));
      const cookie = `${customerCookie(ann)}; ${staffCookie(bo)}`;
      const stream = await openEvents(`http://127.0.0.1:${app.port}/staff-feed`, { cookie });
      expect(await stream.next()).toMatchObject({ data: 'begun' });
      await app.manager.removeSession(ann);
      await app.staff.removeSession(bo, { reason: 'revoked' });
      const data = JSON.stringify({ reason: 'revoked' });
      expect(await stream.rest()).toEqual([{ event: 'session-ended', data }]);
    });
  });
});

@Resolver()
class CompanyResolver {
  @Query(() => String)
  @UseGuards(SessionGuard)
  async customer(@CurrentSession() { userId }: CurrentSession): Promise<string> {
    return userId!;
  }

  @Query(() => String)
  @UseGuards(Staff.Guard)
  async staff(@Staff.Session('userId') userId: string): Promise<string> {
    return userId;
  }
}

@ObjectType()
class Notice {
  @Field(() => String)
  text!: string;
}

@Resolver(() => Notice)
class NoticeResolver {
  @Subscription(() => Notice, { resolve: (notice: unknown) => notice })
  async *notices(): AsyncGenerator<Notice> {
    yield { text: 'for everybody' };
  }

  @ResolveField(() => String)
  @UseGuards(Staff.Guard)
  seenBy(@Staff.Session('userId') userId: string): string {
    return userId;
  }
}

describeDrivers((stack) => {
  const start = async (
    options: SessionsModuleOptions<CustomerSession> = {},
  ): Promise<GraphqlApp<CustomerSession>> => {
    const started: GraphqlApp<CustomerSession> = await startGraphqlApp(stack, {
      providers: [CompanyResolver, NoticeResolver],
      imports: [Staff.Module.forRoot({ storagePath: ':memory:' })],
      options,
      graphql: {
        fieldResolverEnhancers: ['guards'],
        ...(stack.driver === 'Mercurius' && { subscription: { fullWsTransport: true } }),
      },
    });
    const staff = started.app.get(Staff.Manager, { strict: false });
    await signIn(Object.assign(Object.create(started), { staff }) as TwoKinds);
    return started;
  };

  it('what a subscription sends needs the session of its kind, and a page that this kind trusts', async () => {
    await start({ csrf: { trustedOrigins: [PARTNER_PAGE] } });
    for (const [origin, expected] of [
      [
        `http://127.0.0.1:${app.port}`,
        { data: { notices: { text: 'for everybody', seenBy: 'bo' } } },
      ],
      [PARTNER_PAGE, { errors: [{ extensions: { code: 'SESSION_CROSS_ORIGIN' } }] }],
    ] as const) {
      const client = connectGraphql(app.port, { headers: { cookie: staffCookie(bo), origin } });
      expect(await client.first('subscription { notices { text seenBy } }')).toMatchObject(
        expected,
      );
      await client.dispose();
    }
  });

  it('a kind without cookies lets in no page that the others do not trust', async () => {
    await start({ transports: ['bearer'] });
    const origin = 'https://evil.example';
    const { closed } = connectGraphql(app.port, { headers: { origin } });
    expect(await closed).toMatchObject({ code: 4403 });
  });

  it('resolvers of each kind need its session', async () => {
    const started = await start();
    const asAnn = { Cookie: customerCookie(ann) };
    const asBo = { Cookie: staffCookie(bo) };
    expect((await started.send('{ customer }', asAnn)).data).toEqual({ customer: 'ann' });
    expect((await started.send('{ staff }', asBo)).data).toEqual({ staff: 'bo' });
    expect((await started.send('{ staff }', asAnn)).codes).toEqual(['SESSION_MISSING']);
    expect((await started.send('{ customer }', asBo)).codes).toEqual(['SESSION_MISSING']);
  });
});
