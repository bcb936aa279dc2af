import { Agent, get } from 'node:http';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SessionsModule } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { cookieOf } from '../support/http/responses.js';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { emptyPlace, type EmptyPlace } from '../support/databases/place.js';
import { statementsOf } from '../support/databases/statement-listener.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { TestClock } from '../support/sessions/test-clock.js';
import { SIZES } from './sizes.js';

const MINUTE = 60_000;
const SOCKETS = 100;

describeShared((database) => {
  let shop: TestApp<ShopSession>;
  let server: Sequelize | undefined;
  let agent: Agent;
  const clock = new TestClock();
  let empty: EmptyPlace;

  beforeAll(async () => {
    empty = emptyPlace(database);
    const { tableName, storagePath } = empty.place;
    server = storagePath === undefined ? database.connect() : undefined;
    const where = server ? { connection: server } : { storagePath };
    shop = await startApp<ShopSession>(ADAPTERS[0]!, {
      controllers: [ShopController],
      sessions: SessionsModule.forRoot({
        ...where,
        tableName,
        clock,
        rolling: true,
        touchAfter: MINUTE,
        timeout: 20_000,
      }),
    });
    agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  });
  afterAll(async () => {
    agent.destroy();
    await shop.close();
    await server?.close();
    await empty.remove();
  });

  it(`${SIZES.requests} parallel requests inside one touchAfter write a session once`, async () => {
    const token = await shop.manager.createSession({ userId: 'ada', basket: [] });
    const visit = () => statusOf(shop.port, agent, token);
    const visits = () => Promise.all(Array.from({ length: SIZES.requests }, visit));
    let statuses: number[] = [];
    const writesOf = async (work: () => Promise<number[]>) => {
      const statements = await statementsOf(server ?? shop.connection, async () => {
        statuses = await work();
      });
      expect(statuses.filter((status) => status === 200)).toHaveLength(SIZES.requests);
      return statements.filter((sql) => !sql.startsWith('SELECT'));
    };

    clock.advance(MINUTE - 1);
    expect(await writesOf(visits)).toEqual([]);
    clock.advance(1);
    expect(await writesOf(visits)).toEqual([expect.stringMatching(/^UPDATE /)]);
    clock.advance(MINUTE - 1);
    expect(await writesOf(visits)).toEqual([]);
  });
});

/** Returns the status of a guarded request with this token. */
function statusOf(port: number, agent: Agent, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { cookie: cookieOf(token) };
    get({ host: '127.0.0.1', port, path: '/me', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
      response.on('error', reject);
    }).on('error', reject);
  });
}
