import { expect } from '@jest/globals';
import { SessionsModule, type SessionsModuleOptions } from 'nestjs-server-sessions';
import type { OptionPair } from '../arbitraries/option-pairs.js';
import { seededRandom } from '../arbitraries/seeded-random.js';
import type { TestDatabase } from '../databases/databases.js';
import { LONG_TIMEOUT_MS } from '../databases/long-timeout.js';
import { emptyPlace } from '../databases/place.js';
import { SessionLedger } from '../sessions/session-ledger.js';
import { TestClock } from '../sessions/test-clock.js';
import { startApp, type TestAdapter, type TestApp } from './applications.js';
import { OwnedDataController } from './owned-data.controller.js';
import { usesTransport, Visitor, type Action, type Deploy, type Reply } from './visitor.js';

/** How often requests had each status. */
export type Statuses = Record<number, number>;

const USERS = ['ann', 'bob', 'eve'];

/** Half of the moves of the clock are short, the others can end sessions. */
const MOVES = [1000, 50_000, 3_600_000, 90_000_000];

/**
 * Runs two deploys on one database, and checks that no response is a 500 or shows the session of another user: on the first
 * deploy, on both at once, on the second, and on the first again after the rollback, with either of them as the first.
 */
export async function expectOwnSessions(
  database: TestDatabase,
  adapter: TestAdapter,
  { a, b }: OptionPair,
  seed: number,
): Promise<Statuses> {
  const clock = new TestClock();
  const { place, remove } = emptyPlace(database);
  const opened = place.storagePath === undefined ? [database.connect(), database.connect()] : [];
  const start = (options: SessionsModuleOptions, number: number) =>
    startApp(adapter, {
      controllers: [OwnedDataController],
      sessions: SessionsModule.forRoot({
        ...options,
        tableName: place.tableName,
        clock,
        timeout: LONG_TIMEOUT_MS,
        ...(opened[number]
          ? { connection: opened[number] }
          : { storagePath: place.storagePath, ...database.driver }),
      }),
    });
  const apps: TestApp[] = [];
  try {
    apps.push(await start(a, 0));
    apps.push(await start(b, 1));
    const [deployA, deployB] = [
      { port: apps[0]!.port, options: a },
      { port: apps[1]!.port, options: b },
    ];
    const play = new Play(seededRandom(seed), clock);
    await play.run(deployA, deployB);
    await play.run(deployB, deployA);
    await play.expectEnded([deployA, deployB]);
    return play.statuses;
  } finally {
    await Promise.all(apps.map((app) => app.close()));
    await Promise.all(opened.map((connection) => connection.close()));
    await remove();
  }
}

class Play {
  readonly statuses: Statuses = {};
  readonly #random: () => number;
  readonly #clock: TestClock;
  readonly #ledger = new SessionLedger();

  constructor(random: () => number, clock: TestClock) {
    this.#random = random;
    this.#clock = clock;
  }

  async run(first: Deploy, second: Deploy): Promise<void> {
    const visitors = (['cookie', 'cookie', 'bearer'] as const).map(
      (transport) => new Visitor(transport, this.#ledger),
    );
    await this.#oneByOne(visitors, first, second);
    await this.#atOnce(visitors, first, second);
    await this.#oneByOne(visitors, second, first);
    await this.#atOnce(visitors, second, first);
    await this.#oneByOne(visitors, first, second);
  }

  /** Each visitor logs in or not, and goes on; nobody is logged out on the other deploy. */
  async #oneByOne(visitors: readonly Visitor[], deploy: Deploy, other: Deploy): Promise<void> {
    for (const visitor of visitors) {
      if (this.#random() < 0.7) {
        const [login] = await this.#exchange(visitor, [[deploy, this.#login()]]);
        const reads = [deploy, other].filter(
          (each) =>
            usesTransport(deploy, visitor.transport) && usesTransport(each, visitor.transport),
        );
        for (const each of login!.status === 200 ? reads : []) {
          const [read] = await this.#exchange(visitor, [[each, { name: 'read' }]]);
          expect(read!.status).toBe(200);
        }
      }
      await this.#exchange(visitor, [[deploy, this.#action()]]);
      this.#clock.advance(Math.round(this.#random() * this.#oneOf(MOVES)));
    }
    for (const visitor of visitors) {
      await this.#exchange(visitor, [[deploy, this.#action()]]);
    }
  }

  /** Each visitor sends a request to each deploy at the same moment. */
  async #atOnce(visitors: readonly Visitor[], a: Deploy, b: Deploy): Promise<void> {
    for (let round = 0; round < 2; round++) {
      // A list can show a session whose login has not yet got its response, so the checks wait for all responses.
      const replies = await Promise.all(
        visitors.map((visitor) => {
          const isLogin = this.#random() < 0.3;
          const login = this.#login();
          const [one, two] = isLogin ? [login, this.#action()] : [this.#action(), this.#action()];
          const actions = this.#random() < 0.5 ? [one, two] : [two, one];
          return this.#send(visitor, [
            [a, actions[0]!],
            [b, actions[1]!],
          ]);
        }),
      );
      visitors.forEach((visitor, index) =>
        visitor.receive(this.#random() < 0.5 ? replies[index]! : replies[index]!.toReversed()),
      );
    }
  }

  async #exchange(
    visitor: Visitor,
    requests: readonly (readonly [Deploy, Action])[],
  ): Promise<Reply[]> {
    const replies = await this.#send(visitor, requests);
    visitor.receive(replies);
    return replies;
  }

  async #send(
    visitor: Visitor,
    requests: readonly (readonly [Deploy, Action])[],
  ): Promise<Reply[]> {
    const replies = await Promise.all(
      requests.map(([deploy, action]) => visitor.send(deploy, action, this.#random() < 0.9)),
    );
    for (const { status } of replies) {
      this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    }
    return replies;
  }

  /** Checks that no token of a session that a login or a logout has ended opens anything. */
  async expectEnded(deploys: readonly Deploy[]): Promise<void> {
    for (const token of this.#ledger.endedTokens) {
      for (const { port, options } of deploys) {
        const answer = await fetch(`http://127.0.0.1:${port}/app/read`, {
          headers:
            options.transports?.includes('cookie') === false
              ? { authorization: `Bearer ${token}` }
              : { cookie: `${options.cookie!.name}=${token}` },
        });
        await answer.text();
        expect(answer.status).toBe(401);
      }
    }
  }

  #login(): Action {
    return { name: 'login', user: this.#oneOf(USERS) };
  }

  #action(): Action {
    const names = ['read', 'list', 'update', 'replace', 'renew', 'regenerate', 'logout'] as const;
    const name = this.#oneOf(names);
    return name === 'regenerate' ? { name, grace: this.#oneOf([0, 5000]) } : { name };
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}
