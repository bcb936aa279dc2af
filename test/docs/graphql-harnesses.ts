import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { SessionManager } from 'nestjs-server-sessions';
import type { Client } from 'graphql-ws';
import { WebSocket as NodeWebSocket } from 'ws';
import { withServer, type Harness } from '../support/docs/harness.js';
import { graphqlBrowser } from '../support/graphql/graphql-browser.js';

/** Logs in, uses the session and its subscription, and logs out. */
async function visit(module: Type, adapter: AbstractHttpAdapter): Promise<void> {
  await withServer(module, adapter, async (_, __, app) => {
    const { send, connect } = graphqlBrowser(await app.getUrl());
    const refused = await send('{ basket }');
    expect(refused.errors?.map(({ extensions }) => extensions.code)).toEqual(['SESSION_MISSING']);
    await send('mutation { login(name: "ann") }');
    await send('mutation { add(product: "apple") }');
    expect(await send('{ basket }')).toEqual({ data: { basket: ['apple'] } });

    const client = connect();
    const { data } = await client.first('subscription { orders }');
    expect(data).toEqual({ orders: 'The orders of ann' });
    await send('mutation { logout }');
    expect(await client.closed).toEqual({ code: 4401, reason: 'SESSION_LOGOUT' });
  });
}

const withApollo: Harness = ({ load }) => {
  it.each([
    ['Express', () => new ExpressAdapter()],
    ['Fastify', () => new FastifyAdapter()],
  ])('the snippet logs in and out by GraphQL on %s', async (_, adapter) => {
    const { ShopModule } = await load<{ ShopModule: Type }>();
    await visit(ShopModule, adapter());
  });
};

const withMercurius: Harness = ({ load }) => {
  it('the snippet logs in and out by GraphQL with Mercurius', async () => {
    const { MercuriusShopModule } = await load<{ MercuriusShopModule: Type }>();
    await visit(MercuriusShopModule, new FastifyAdapter());
  });
};

const client: Harness = ({ file, load }) => {
  it('the client subscribes with a token', async () => {
    const { connect } = await load<{ connect: (url: string, token: string) => Client }>();
    const { ShopModule } = (await import(file.replace('graphql.client.js', 'shop.graphql.js'))) as {
      ShopModule: Type;
    };
    await withServer(ShopModule, new ExpressAdapter(), async (_, __, app) => {
      const token = await app.get(SessionManager).createSession({ userId: 'ann', basket: [] });
      const url = `${(await app.getUrl()).replace('http', 'ws')}/graphql`;
      // Node 20 has none. The snippet is for browsers.
      const { WebSocket } = globalThis;
      Object.assign(globalThis, { WebSocket: NodeWebSocket });
      try {
        const socket = connect(url, token);
        const results = socket.iterate({ query: 'subscription { orders }' });
        expect((await results.next()).value).toEqual({ data: { orders: 'The orders of ann' } });
        await socket.dispose();
      } finally {
        Object.assign(globalThis, { WebSocket });
      }
    });
  });
};

export const GRAPHQL_HARNESSES: Readonly<Record<string, Harness>> = {
  'shop.graphql': withApollo,
  'mercurius.graphql': withMercurius,
  'graphql.client': client,
};
