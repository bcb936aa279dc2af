import { expect, it } from '@jest/globals';
import type { SessionsModuleOptions } from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { rawRequest } from '../support/http/raw-request.js';

const JSON_BODY = (body: string) => [
  'Content-Type: application/json',
  `Content-Length: ${body.length}`,
  '',
  body,
];

describeAdapters((adapter) => {
  const start = (options: SessionsModuleOptions<ShopSession>) =>
    startApp<ShopSession>(adapter, { controllers: [ShopController], options });

  /** Sends the requests of a visit, and returns the whole responses and the SQL of each. */
  const visit = async (shop: TestApp<ShopSession>) => {
    const responses: string[] = [];
    const statements: string[][] = [];
    let token = '';
    const send = async (target: string, headers: readonly string[]) => {
      let response = '';
      const sent = await shop.statementsOf(async () => {
        response = await rawRequest(shop.port, target, headers);
      });
      responses.push(withoutChance(response));
      statements.push(sent.map((sql) => sql.replaceAll(/\s+/g, ' ')));
      return response;
    };
    const login = await send('POST /login', JSON_BODY('{"name":"ada"}'));
    token = /__Host-id=([^;]+)/.exec(login)![1]!;
    for (const credential of [
      [`Cookie: __Host-id=${token}`],
      [`Authorization: Bearer ${token}`],
      [],
    ]) {
      await send('GET /me', credential);
      await send('GET /visitor', credential);
      await send('POST /basket', [...credential, ...JSON_BODY('{"product":"tea"}')]);
    }
    await send('GET /open', []);
    await send('GET /nowhere', []);
    await send('POST /logout', [`Cookie: __Host-id=${token}`]);
    await send('GET /me', [`Cookie: __Host-id=${token}`]);
    return { responses, statements };
  };

  it('clients that can not bind sessions get the same bytes, but for one header of the login', async () => {
    const [without, bound] = [await start({}), await start({ deviceBound: {} })];
    try {
      const before = await visit(without);
      const after = await visit(bound);
      const [login = '', ...rest] = after.responses;
      const added = /^secure-session-registration: \(ES256\);path="[^"]+";challenge="[^"]+"\r\n/gim;
      expect(login.match(added)).toHaveLength(1);
      expect([login.replace(added, ''), ...rest]).toEqual(before.responses);
      expect(after.statements).toEqual(before.statements);
    } finally {
      await Promise.all([without.close(), bound.close()]);
    }
  });
});

/** Returns a response without what differs from one run to the next: tokens, dates, and hashes of both. */
function withoutChance(response: string): string {
  return response
    .replaceAll(/[0-9a-f-]{36}\.[\w-]{43}(?!\.)/g, '<token>')
    .replaceAll(/^(date|etag): .*$/gim, '$1: <any>')
    .replaceAll(/Expires=[^;]+/g, 'Expires=<any>');
}
