import { EventEmitter, on, once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import {
  Field,
  Int,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import {
  CurrentSession,
  getCurrentSession,
  init,
  OptionalSession,
  Session,
  SessionGuard,
  type SessionManager,
} from 'nestjs-server-sessions';
import { embeddedFile } from '../support/databases/databases.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import {
  connectGraphql,
  type ConnectingClient,
  type GraphqlClient,
} from '../support/graphql/graphql-client.js';
import {
  describeDrivers,
  startGraphqlApp,
  type GraphqlApp,
} from '../support/graphql/graphql-apps.js';
import { bearerOf, cookieOf } from '../support/http/responses.js';
import { WebSocket } from 'ws';

interface Member {
  readonly name: string;
}

const ticks = new EventEmitter();

async function* ticksFor(name: string | undefined): AsyncGenerator<{ ticks: string }> {
  yield { ticks: `${name} 0` };
  for await (const [tick] of on(ticks, 'tick')) {
    yield { ticks: `${name} ${tick}` };
  }
}

@ObjectType()
class Tick {
  @Field(() => String)
  ticks!: string;
}

/** Its guard runs for each tick that is sent. */
@Resolver(() => Tick)
class SentTickResolver {
  @ResolveField(() => String)
  @UseGuards(SessionGuard)
  owner(@Session('name') name: string): string {
    return name;
  }

  @Subscription(() => Tick, { resolve: (tick: unknown) => tick })
  @UseGuards(SessionGuard)
  sentTicks(@Session('name') name: string): AsyncGenerator<unknown> {
    return ticksFor(name);
  }
}

@Resolver()
class TickResolver {
  @Query(() => Int)
  open(): number {
    return 1;
  }

  @Subscription(() => String)
  @UseGuards(SessionGuard)
  ticks(@Session('name') name: string): AsyncGenerator<unknown> {
    return ticksFor(name);
  }

  @Subscription(() => String, { resolve: ({ ticks: tick }: { ticks: string }) => tick })
  @UseGuards(SessionGuard)
  @OptionalSession()
  openTicks(@Session('name') name?: string): AsyncGenerator<unknown> {
    return ticksFor(name);
  }

  @Query(() => String)
  @UseGuards(SessionGuard)
  name(@Session('name') name: string): string {
    return name;
  }

  @Mutation(() => Boolean)
  async login(@CurrentSession() session: CurrentSession<Member>): Promise<boolean> {
    await session.start({ name: 'eve' });
    return true;
  }

  @Mutation(() => Boolean)
  async logout(@CurrentSession() session: CurrentSession): Promise<boolean> {
    await session.end();
    return true;
  }
}

describeDrivers((stack) => {
  let app: GraphqlApp<Member>;
  let other: SessionManager<Member>;
  let clients: GraphqlClient[];

  beforeAll(async () => {
    const storagePath = embeddedFile.storagePath!();
    app = await startGraphqlApp<Member>(stack, {
      providers: [TickResolver, SentTickResolver],
      options: {
        storagePath,
        rolling: true,
        expireTime: 60_000,
        touchAfter: 1000,
        watch: { interval: 100 },
      },
      graphql: {
        fieldResolverEnhancers: ['guards'],
        ...(stack.driver === 'Mercurius' && { subscription: { fullWsTransport: true } }),
      },
    });
    other = await init<Member>({ storagePath, clock: app.clock });
  });
  afterAll(async () => {
    await other.close();
    await app.close();
  });
  beforeEach(() => {
    clients = [];
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.dispose()));
  });

  const connect = (connecting: ConnectingClient): GraphqlClient => {
    const client = connectGraphql(app.port, connecting);
    clients.push(client);
    return client;
  };
  const create = () => app.manager.createSession({ name: 'ann' });
  const codesOf = ({ errors }: { readonly errors?: readonly any[] | undefined }) =>
    errors?.map(({ extensions }) => extensions?.code);

  it('a subscription finds the session of the cookie', async () => {
    const client = connect({ headers: { cookie: cookieOf(await create()) } });
    const results = client.start('subscription { ticks }');
    expect((await results.next()).value).toEqual({ data: { ticks: 'ann 0' } });
    ticks.emit('tick', 1);
    expect((await results.next()).value).toEqual({ data: { ticks: 'ann 1' } });
  });

  it('a token in connectionParams is a bearer token, and none in the URL counts', async () => {
    const token = await create();
    const client = connect({ params: { Authorization: bearerOf(token) } });
    expect(await client.first('subscription { ticks }')).toEqual({ data: { ticks: 'ann 0' } });
    const search = `?authorization=${encodeURIComponent(bearerOf(token))}&token=${token}`;
    const inUrl = await connect({ search }).first('subscription { ticks }');
    expect(codesOf(inUrl)).toEqual(['SESSION_MISSING']);
  });

  it('operations without a session are refused with the code, and public ones respond', async () => {
    const client = connect({});
    expect(codesOf(await client.first('subscription { ticks }'))).toEqual(['SESSION_MISSING']);
    expect(await client.first('subscription { openTicks }')).toEqual({
      data: { openTicks: 'undefined 0' },
    });
    expect(await client.first('{ open }')).toMatchObject({ data: { open: 1 } });
    const forged = connect({ params: { authorization: 'Bearer forged' } });
    expect(codesOf(await forged.first('subscription { ticks }'))).toEqual(['SESSION_NOT_FOUND']);
  });

  it('a page of another origin gets no connection, whatever it sends', async () => {
    const cookie = cookieOf(await create());
    for (const [origin, params] of [
      ['https://evil.example', {}],
      ['https://evil.example', { 'sec-fetch-site': 'same-origin', headers: { origin: '' } }],
      ['null', {}],
    ] as const) {
      const { closed } = connect({ headers: { cookie, origin }, params });
      expect(await closed).toMatchObject({ code: 4403 });
    }
    const own = connect({ headers: { cookie, origin: `http://127.0.0.1:${app.port}` } });
    expect(await own.first('{ name }')).toMatchObject({ data: { name: 'ann' } });
    const params = { authorization: bearerOf(await create()) };
    const bearer = connect({ headers: { origin: 'https://evil.example' }, params });
    expect(await bearer.first('{ name }')).toMatchObject({ data: { name: 'ann' } });
  });

  it('a header in connection_init is not taken for one of the handshake', async () => {
    const cookie = cookieOf(await create());
    const client = connect({ params: { cookie, headers: { cookie } } });
    expect(codesOf(await client.first('subscription { ticks }'))).toEqual(['SESSION_MISSING']);
    expect(codesOf(await client.first('subscription { ticks }'))).toEqual(['SESSION_MISSING']);
  });

  it.each([
    ['a logout', (token: string) => app.manager.removeSession(token), 4401, 'SESSION_LOGOUT'],
    ['a logout elsewhere', (token: string) => other.removeSession(token), 4401, 'SESSION_LOGOUT'],
    ['its expiry', async () => app.clock.advance(61_000), 4401, 'SESSION_EXPIRED'],
    [
      'a rotation',
      (token: string) => app.manager.regenerateSession(token),
      4403,
      'SESSION_ROTATED',
    ],
  ])('the connection is closed after %s', async (_, end, code, reason) => {
    const token = await create();
    const client = connect({ headers: { cookie: cookieOf(token) } });
    const results = client.start('subscription { ticks }');
    await results.next();
    const idle = connect({ params: { authorization: bearerOf(token) } });
    await idle.connected;
    const next = results.next();
    next.catch(() => undefined);
    await end(token);
    expect(await client.closed).toEqual({ code, reason });
    expect(await idle.closed).toEqual({ code, reason });
    await expect(next).rejects.toMatchObject({ code });
  });

  it('a rotation with a grace closes only the connections of the replaced token, at its end', async () => {
    const token = await create();
    const before = connect({ headers: { cookie: cookieOf(token) } });
    await before.first('{ name }');
    await other.regenerateSession(token, { grace: 1000 });
    const replaced = [
      connect({ headers: { cookie: cookieOf(token) } }),
      connect({ params: { authorization: bearerOf(token) } }),
    ];
    for (const client of replaced) {
      expect(await client.first('{ name }')).toMatchObject({ data: { name: 'ann' } });
    }
    app.clock.advance(1000);
    for (const { closed } of replaced) {
      expect(await closed).toEqual({ code: 4403, reason: 'SESSION_ROTATED' });
    }
    expect(codesOf(await before.first('{ name }'))).toEqual(['SESSION_NOT_FOUND']);
  });

  it('a client that connects with an ended session hears why, as over HTTP', async () => {
    const token = await create();
    await app.manager.removeSession(token);
    const refusal = [{ extensions: { code: 'SESSION_ENDED', reason: 'logout' } }];
    for (const connecting of [
      { headers: { cookie: cookieOf(token) } },
      { params: { authorization: bearerOf(token) } },
    ]) {
      const client = connect(connecting);
      expect(await client.first('{ open }')).toMatchObject({ data: { open: 1 } });
      for (const operation of ['subscription { ticks }', '{ name }']) {
        expect((await client.first(operation)).errors).toMatchObject(refusal);
      }
    }
    const { errors } = await app.send('{ name }', { cookie: cookieOf(token) });
    expect(errors).toMatchObject(refusal);
  });

  it('an operation can log out, which closes the connection, and never log in', async () => {
    const client = connect({ headers: { cookie: cookieOf(await create()) } });
    const { errors } = await client.first('mutation { login }');
    expect(errors?.[0]?.message).toMatch(/over a socket, which can't set a cookie/);
    client.first('mutation { logout }').catch(() => undefined);
    expect(await client.closed).toEqual({ code: 4401, reason: 'SESSION_LOGOUT' });
  });

  it('each operation renews a rolling session, and no message to the client does', async () => {
    const token = await create();
    const client = connect({ headers: { cookie: cookieOf(token) } });
    const results = client.start('subscription { sentTicks { ticks owner } }');
    expect((await results.next()).value).toEqual({
      data: { sentTicks: { ticks: 'ann 0', owner: 'ann' } },
    });
    const expiry = async () => (await app.manager.inspectSession(token)).expiresAt.getTime();
    const before = await expiry();
    app.clock.advance(30_000);
    const statements = await app.statementsOf(async () => {
      ticks.emit('tick', 1);
      await results.next();
    });
    expect(statements.filter((sql) => sql.startsWith('UPDATE'))).toEqual([]);
    expect(await expiry()).toBe(before);
    expect(await client.first('{ name }')).toMatchObject({ data: { name: 'ann' } });
    expect(await expiry()).toBe(before + 30_000);
  });

  it('a second connection_init closes the connection', async () => {
    const cookie = cookieOf(await create());
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/graphql`, 'graphql-transport-ws', {
      headers: { cookie },
    });
    await once(socket, 'open');
    const params = { authorization: bearerOf(await create()) };
    for (const payload of [{}, params]) {
      socket.send(JSON.stringify({ type: 'connection_init', payload }));
    }
    const [code] = await once(socket, 'close');
    expect(code).toBe(4429);
  });

  it.each([
    ['a string', 'authorization'],
    ['a list', ['authorization']],
    ['a number', 1],
  ])('a connection_init whose payload is %s closes the connection', async (_, payload) => {
    await expect(responseTo(payload)).resolves.toBe('closed');
  });

  it('Mercurius closes a connection whose connection_init has a string of headers, which Apollo ignores', async () => {
    const headers = bearerOf(await create());
    const response = await responseTo({ headers });
    expect(response).toBe(stack.driver === 'Mercurius' ? 'closed' : 'connection_ack');
  });

  it('a connection_init needs no payload', async () => {
    await expect(responseTo(null)).resolves.toBe('connection_ack');
  });

  /** Returns what a client gets for a connection_init: its acknowledgement, or the end of the connection. */
  async function responseTo(payload: unknown): Promise<string> {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const types: string[] = [];
    socket.on('message', (frame) => {
      const { type } = JSON.parse((frame as Buffer).toString()) as { type: string };
      types.push(type);
      if (type === 'connection_ack') {
        socket.close();
      }
    });
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    await once(socket, 'close');
    return types.includes('connection_ack') ? 'connection_ack' : 'closed';
  }

  it('a database failure closes no connection, and its code is SESSION_STORE_UNAVAILABLE', async () => {
    const token = await create();
    const client = connect({ headers: { cookie: cookieOf(token) } });
    await client.connected;
    await takeAway(app.connection);
    try {
      const refused = await client.first('subscription { ticks }');
      expect(codesOf(refused)).toEqual(['SESSION_STORE_UNAVAILABLE']);
      const late = connect({ headers: { cookie: cookieOf(token) } });
      expect(codesOf(await late.first('{ name }'))).toEqual(['SESSION_STORE_UNAVAILABLE']);
    } finally {
      await bringBack(app.connection);
    }
    expect(await client.first('{ name }')).toMatchObject({ data: { name: 'ann' } });
  });
});

describeDrivers((stack) => {
  describe('an application with its own hooks', () => {
    let app: GraphqlApp<Member>;
    afterEach(() => app.close());

    it('onConnect finds the session, and a context that clients share has none of them', async () => {
      const names = new Set<unknown>();
      const shared = { shop: 'ours' };
      const onConnect = async (socket: object) => {
        if (stack.driver === 'Apollo') {
          names.add((await getCurrentSession<Member>(socket)).data?.name);
        }
        return true;
      };
      const hooks = { onConnect, context: () => shared };
      app = await startGraphqlApp<Member>(stack, {
        providers: [TickResolver],
        graphql:
          stack.driver === 'Apollo'
            ? { subscriptions: { 'graphql-ws': hooks } }
            : { subscription: { ...hooks, fullWsTransport: true } },
      });
      const clients = await Promise.all(
        ['ann', 'bob'].map(async (name) =>
          connectGraphql(app.port, {
            headers: { cookie: cookieOf(await app.manager.createSession({ name })) },
          }),
        ),
      );
      const first = await Promise.all(clients.map((client) => client.first('{ name }')));
      expect(first).toMatchObject([{ data: { name: 'ann' } }, { data: { name: 'bob' } }]);
      const again = await clients[0]!.first('{ name }');
      expect(again).toMatchObject({ data: { name: 'ann' } });
      expect(names).toEqual(new Set(stack.driver === 'Apollo' ? ['ann', 'bob'] : []));
      await Promise.all(clients.map((client) => client.dispose()));
    });
  });
});
