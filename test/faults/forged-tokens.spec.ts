import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SessionManager } from 'nestjs-server-sessions';
import { PARSING_ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, cookieOf } from '../support/http/responses.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { malformedTokens, wellFormedForgeries } from '../support/arbitraries/forged-tokens.js';
import { inGroups } from '../support/promises/in-groups.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import {
  STRONGER_TOKEN_METHODS,
  TOKEN_METHODS,
  type TokenCall,
} from '../support/sessions/token-methods.js';
import { SIZES } from './strangers.sizes.js';

/** One in fifty has the right form and causes a statement; the others cause none. */
const WELL_FORMED = SIZES.forgedTokens / 50;
const MALFORMED = SIZES.forgedTokens - WELL_FORMED;

const CALLS: readonly (readonly [string, TokenCall])[] = [
  ...TOKEN_METHODS,
  ...STRONGER_TOKEN_METHODS,
  ['removeSession', (manager, token) => manager.removeSession(token as string)],
];

const samples = <Value>(arbitrary: fc.Arbitrary<Value>, numRuns: number) =>
  fc.sample(arbitrary, { numRuns, seed: 33 });

const createLive = (manager: SessionManager<ShopSession>) =>
  inGroups(Array.from({ length: SIZES.liveSessions }), 50, (_, number) =>
    manager.createSession({ userId: `user ${number}`, basket: [] }),
  );

describeShared((database) => {
  let sessions: TestSessions;
  let live: string[];

  beforeAll(async () => {
    sessions = await openSessions(database, SIZES.options);
    live = await createLive(sessions.manager);
  });
  afterAll(() => sessions.close());

  const everything = async () => {
    const rows = await sessions.select(`SELECT * FROM ${sessions.tableName} ORDER BY id`);
    return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
  };

  /** Counts the outcomes of each method with each of these tokens. */
  async function outcomesOf(tokens: readonly unknown[]): Promise<Record<string, number>> {
    const outcomes: Record<string, number> = {};
    for (const [name, call] of CALLS) {
      await inGroups(tokens, 50, async (token) => {
        const outcome = await call(sessions.manager, token).then(
          () => (name === 'removeSession' ? 'refused' : `${name} let in`),
          (error) => (error.code === 'ERR_SESSION_NOT_FOUND' ? 'refused' : `${name}: ${error}`),
        );
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      });
    }
    return outcomes;
  }

  it('no malformed token gets a session or an SQL statement out of any method', async () => {
    const tokens = samples(malformedTokens(live), MALFORMED);
    const before = await everything();
    const statements = await sessions.statementsOf(async () => {
      expect(await outcomesOf(tokens)).toEqual({ refused: tokens.length * CALLS.length });
    });
    expect(statements).toEqual([]);
    expect(await everything()).toBe(before);
  });

  it(`none of ${WELL_FORMED} tokens with a wrong secret reads, writes, renews, rotates or removes`, async () => {
    const tokens = samples(wellFormedForgeries(live), WELL_FORMED);
    const before = await everything();
    expect(await outcomesOf(tokens)).toEqual({ refused: tokens.length * CALLS.length });
    expect(await everything()).toBe(before);
  });
});

describe.each(PARSING_ADAPTERS)('$name', (adapter) => {
  let shop: TestApp<ShopSession>;
  let live: string[];
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });

  beforeAll(async () => {
    shop = await startApp(adapter, { controllers: [ShopController], options: SIZES.options });
    live = await createLive(shop.manager);
  });
  afterAll(async () => {
    agent.destroy();
    await shop.close();
  });

  const ask = (target: string, headers: Record<string, string>) =>
    new Promise<string>((done, failed) => {
      const [method, path] = target.split(' ');
      request({ port: shop.port, host: '127.0.0.1', method, path, headers, agent }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (chunk) => (body += chunk));
        answer.on('end', () => done(`${target} ${answer.statusCode} ${outcomeIn(body)}`));
      })
        .on('error', failed)
        .end();
    });

  it(`none of ${SIZES.forgedTokens} forged tokens in cookies and as bearers gets a session`, async () => {
    const malformed = samples(malformedTokens(live).map(inHeader), MALFORMED);
    const values = [...malformed, ...samples(wellFormedForgeries(live), WELL_FORMED)];
    const requests = Array.from({ length: values.length / 4 }, (_, start) =>
      values.filter((__, index) => index % (values.length / 4) === start),
    );
    const before = await everything();
    const answers = await inGroups(requests, 20, async (forged, number) => {
      const cookie = forged.map(cookieOf).join('; ');
      const bearer = number % 8 === 0 && { authorization: bearerOf(forged[0]!) };
      return ask(TARGETS[number % TARGETS.length]!, { cookie, ...bearer });
    });
    expect(new Set(answers)).toEqual(
      new Set([
        'GET /me 401 nobody',
        'POST /basket 401 nobody',
        'POST /logout 200 nobody',
        'GET /visitor 200 nobody',
      ]),
    );
    expect(await everything()).toBe(before);
  });

  const everything = async () => {
    const [rows] = await shop.connection.query('SELECT * FROM server_sessions ORDER BY id');
    return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
  };
});

const TARGETS = ['GET /me', 'POST /basket', 'POST /logout', 'GET /visitor'];

/** Returns whether a response was made for a user. */
const outcomeIn = (body: string) => (/user \d|"basket"/.test(body) ? 'SOMEBODY' : 'nobody');

/**
 * Returns a forged token in a form for a header: as JSON if it is not a string, without characters that would end the
 * header or cookie.
 */
function inHeader(forged: unknown): string {
  const text = typeof forged === 'string' ? forged : `j:${json(forged)}`;
  const sendable = text.slice(0, 2000).replaceAll(/[^\x20-\x3a\x3c-\x7e\x80-\xff]/g, '?');
  // Spaces around a value are not part of it, so that would be the token itself.
  return sendable.trim() === sendable ? sendable : `"${sendable}"`;
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return '{}';
  }
}
