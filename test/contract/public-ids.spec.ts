import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

/** Values that are not exactly a public id, made from that of a live session. */
const MALFORMED: [string, (id: string) => unknown][] = [
  ['undefined', () => undefined],
  ['a number', () => 7],
  ['an array of the id', (id) => [id]],
  ['a String object', (id) => new String(id)],
  ['an empty string', () => ''],
  ['a wildcard', () => '%'],
  ['upper case', (id) => id.toUpperCase()],
  ['a character before it', (id) => `0${id}`],
  ['a character after it', (id) => `${id}0`],
  ['a newline after it', (id) => `${id}\n`],
  ['no hyphens', (id) => id.replaceAll('-', '')],
  ['another UUID version', (id) => `${id.slice(0, 14)}4${id.slice(15)}`],
  ['another UUID variant', (id) => `${id.slice(0, 19)}c${id.slice(20)}`],
];

describeDatabases((database) => {
  let sessions: TestSessions;
  let id: string;

  beforeAll(async () => {
    sessions = await openSessions(database);
    id = (await sessions.manager.createSession('data')).split('.')[0]!;
  });
  afterAll(() => sessions.close());

  describe('a public id', () => {
    it.each(MALFORMED)(
      'a malformed public id ends no session and sends no SQL: %s',
      async (_, spoil) => {
        const statements = await sessions.statementsOf(async () => {
          expect(await sessions.manager.removeSessionById(spoil(id) as string)).toBe(0);
        });
        expect(statements).toEqual([]);
      },
    );

    it('a public id is a UUIDv7 of the time at which its session was created', () => {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(sessions.clock.now());
    });
  });
});
