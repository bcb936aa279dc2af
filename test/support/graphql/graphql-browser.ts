import { connectGraphql, type GraphqlClient } from './graphql-client.js';

/** The response to an operation over HTTP. */
export interface GraphqlResponse {
  readonly data: any;
  readonly errors?: { readonly extensions: { readonly code: string } }[];
}

/** A client that keeps the cookie of its login. */
export interface GraphqlBrowser {
  /** Sends an operation over HTTP. */
  readonly send: (query: string) => Promise<GraphqlResponse>;
  /** Connects over graphql-ws. */
  readonly connect: () => GraphqlClient;
}

/** @param url that of the application, without a path */
export function graphqlBrowser(url: string): GraphqlBrowser {
  let cookie = '';
  return {
    async send(query) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie },
        body: JSON.stringify({ query }),
      });
      cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
      return (await response.json()) as GraphqlResponse;
    },
    connect: () => connectGraphql(Number(new URL(url).port), { headers: { cookie } }),
  };
}
