import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionManager } from 'nestjs-server-sessions';
import { bearerOf, cookieOf, secretOf } from '../support/http/responses.js';
import {
  compileLibrary,
  type CompiledLibrary,
  type RunningProgram,
} from '../support/processes/compiled-library.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import {
  openSessions,
  type TestDatabase,
  type TestSessions,
} from '../support/databases/databases.js';
import { inGroups } from '../support/promises/in-groups.js';
import { SIZES } from './strangers.sizes.js';

const KEY = randomBytes(32).toString('base64url');
const OPTIONS = { ...SIZES.options, encryptionKeys: [KEY], maxDataBytes: 2000 };
const PROGRAM = 'test/faults/programs/talkative.ts';

/** A session, with those parts of it that nobody may ever see. */
interface Canary {
  readonly token: string;
  readonly secret: string;
}

type Headers = Record<string, string>;

/** Requests of each kind that fails or shows a session, and their responses. */
const REQUESTS: readonly ((
  canary: Canary,
) => readonly [target: string, headers: Headers, status: number])[] = [
  ({ token }) => ['GET /me', { cookie: cookieOf(`${token}x`) }, 401],
  ({ token }) => ['GET /me', { cookie: cookieOf(encodeURIComponent(`"${token}"`)) }, 401],
  ({ token }) => ['GET /me', { authorization: bearerOf(token.toUpperCase()) }, 401],
  ({ token }) => ['GET /me', { authorization: bearerOf(nearly(token)) }, 401],
  ({ token }) => ['GET /me', { authorization: `Basic ${token}` }, 401],
  ({ token }) => [`GET /me?access_token=${token}`, { 'x-token': token }, 401],
  ({ token }) => ['GET /session', { cookie: cookieOf(token) }, 200],
  ({ token }) => ['GET /managed', { cookie: cookieOf(token) }, 413],
  ({ token }) => ['POST /update/fine', { cookie: cookieOf(token) }, 201],
  ({ token }) => ['POST /update/large', { cookie: cookieOf(token) }, 413],
  ({ token }) => ['POST /update/cyclic', { cookie: cookieOf(token) }, 500],
  ({ token }) => ['POST /update/bigint', { cookie: cookieOf(token) }, 500],
  ({ token }) => ['POST /update/keyed', { cookie: cookieOf(token) }, 500],
  ({ token }) => ['POST /update/both', { cookie: cookieOf(token) }, 500],
  ({ token }) => ['POST /update/foreign', { cookie: cookieOf(token) }, 500],
  ({ token }) => ['POST /update/login', { cookie: cookieOf(token) }, 429],
  ({ token }) => [
    'POST /update/fine',
    { cookie: cookieOf(token), origin: 'https://evil.example' },
    403,
  ],
];

describeShared((database: TestDatabase) => {
  const frameworks = database.storagePath === undefined ? ['express'] : ['express', 'fastify'];

  describe.each(frameworks)('%s', (framework) => {
    let library: CompiledLibrary;
    let sessions: TestSessions;
    let program: RunningProgram;
    let port: number;
    let canaries: Canary[];
    const told: string[] = [];

    beforeAll(async () => {
      library = compileLibrary();
      sessions = await openSessions(database, { ...OPTIONS, clock: Date });
      canaries = await createCanaries(sessions.manager);
      await sessions.manager.createSession({ userId: 'full' });
      const options = { ...OPTIONS, maxSessionsPerUser: 1, onSessionLimit: 'reject' };
      program = library.start(PROGRAM, { place: placeOf(sessions), framework, options });
      ({ port } = await program.ask<{ port: number }>());
    });
    afterAll(async () => {
      await sessions.close();
      library.remove();
    });

    const ask = async (target: string, headers: Headers, { secret }: Canary) => {
      const [method, path] = target.split(' ');
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: method!,
        headers,
        ...(method === 'POST' && { body: new URLSearchParams({ secret }) }),
      });
      told.push(JSON.stringify([...answer.headers]), await answer.text());
      return answer.status;
    };

    const order = (name: string, argument?: string) => program.ask({ order: name, argument });

    it('no output contains a token or a secret, whatever fails', async () => {
      const statuses = await inGroups(canaries, 10, async (canary, index) => {
        const [target, headers, expected] = REQUESTS[index % REQUESTS.length]!(canary);
        return [target, expected, await ask(target, headers, canary)];
      });
      expect(statuses.filter(([, expected, status]) => expected !== status)).toEqual([]);
      for (const { token } of canaries) {
        await order('call', nearly(token));
      }
      const [gone, ...left] = canaries;
      await sessions.manager.removeSession(gone!.token);
      expect(await ask('GET /me', { cookie: cookieOf(gone!.token) }, gone!)).toBe(401);
      await damage(left[0]!);
      expect(await ask('GET /me', { cookie: cookieOf(left[0]!.token) }, left[0]!)).toBe(500);

      await order('takeAway');
      const away = await inGroups(left, 10, (canary) =>
        ask('POST /update/fine', { cookie: cookieOf(canary.token) }, canary),
      );
      expect(new Set(away)).toEqual(new Set([503]));
      for (const { token } of left.slice(0, 50)) {
        await order('call', token);
      }
      await order('bringBack');

      expect(program.output().length).toBeGreaterThan(SIZES.canaries * 1000);
      const everything = [program.output(), ...told].join('\n');
      expect(hitsIn(everything, everySecretOf(canaries))).toEqual([]);
      expect(
        hitsIn(
          everything,
          canaries.map(({ token }) => hashOf(token)),
        ),
      ).toEqual([]);
      expect(hitsIn(everything, [KEY])).toEqual([]);
      expect(everything).not.toMatch(/(?:FROM|INTO|UPDATE) ["`]?test_[\da-f]{12}\b/);
    });

    it('the files and the dump of the database contain no token and no secret', async () => {
      const kept = contentOf(database, sessions);
      expect(kept).toContain(canaries[5]!.token.split('.')[0]);
      expect(hitsIn(kept, everySecretOf(canaries))).toEqual([]);
      await program.ask({ order: 'close' }).catch(() => {});
      expect(await program.ended).toMatchObject({ code: 0 });
      expect(hitsIn(contentOf(database, sessions), everySecretOf(canaries))).toEqual([]);
    });

    const damage = ({ token }: Canary) =>
      sessions.sequelize.query(`UPDATE ${sessions.tableName} SET data = '{"half' WHERE id = $id`, {
        bind: { id: token.split('.')[0] },
      });
  });
});

/** Returns a token with a wrong secret, in which all except two characters are right. */
const nearly = (token: string) =>
  `${token.slice(0, -2)}${token.at(-2) === 'a' ? 'b' : 'a'}${token.at(-1)}`;

const createCanaries = (manager: SessionManager) =>
  inGroups(Array.from({ length: SIZES.canaries }), 20, async (_, number) => {
    const secret = `canary-${randomBytes(16).toString('hex')}`;
    return { secret, token: await manager.createSession({ secret, userId: `user ${number}` }) };
  });

const everySecretOf = (canaries: readonly Canary[]) =>
  canaries.flatMap(({ token, secret }) => [secret, secretOf(token).slice(0, -2)]);

const hashOf = (token: string) => createHash('sha256').update(secretOf(token)).digest('base64url');

const hitsIn = (text: string, needles: readonly string[]) =>
  needles.filter((needle) => text.includes(needle));

/** Returns all that a database stores of a table: its files byte by byte, or a dump of the server. */
function contentOf(database: TestDatabase, { sequelize, tableName }: TestSessions): string {
  const { storagePath } = placeOf({ sequelize, tableName });
  if (storagePath !== undefined) {
    const folder = dirname(storagePath);
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    return files.join('\n');
  }
  const { host, port, username, database: name } = sequelize.config;
  const at = ['-h', host!, '-U', username];
  const [command, ...more] =
    database.name === 'PostgreSQL'
      ? ['pg_dump', ...at, '-p', String(port ?? 5432), '-t', tableName, name]
      : ['mariadb-dump', '-h', host!, '-u', username, '-P', String(port ?? 3306), name, tableName];
  return execFileSync(command!, more, { encoding: 'latin1', maxBuffer: 2 ** 28 });
}
