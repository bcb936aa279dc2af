import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionDataError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const MEBIBYTE = 1024 * 1024;

const VALUES: Readonly<Record<string, unknown>> = {
  zero: 0,
  'negative zero': -0,
  'an empty string': '',
  false: false,
  null: null,
  'a large number': Number.MAX_SAFE_INTEGER,
  'a number beyond the safe integers': 2 ** 53 + 2,
  'the largest number': Number.MAX_VALUE,
  'the smallest number': Number.MIN_VALUE,
  'a fraction': 0.1 + 0.2,
  'an empty object': {},
  'an empty array': [],
  'nested objects and arrays': { basket: [{ id: 1, tags: ['a', ['b', { deep: null }]] }] },
  'text in many scripts': 'Zażółć gęślą jaźń, 日本語, العربية',
  emoji: { '👩‍👩‍👧': '🧺🏳️‍🌈' },
  NUL: { 'a\0b': 'c\0d' },
  'lone surrogates': { '\ud800': 'a\udfffb' },
  'quotes, backslashes and placeholders': `' " \` \\ \\' ; -- $1 $id :id ? %s \n\r\t`,
  'line separators and a byte order mark': '\u2028\u2029\ufeff',
  'keys of Object.prototype': JSON.parse('{"__proto__":{"admin":true},"constructor":1}'),
  'keys that would pollute': JSON.parse(
    '{"constructor":{"prototype":{"polluted":1}},"__proto__":{"polluted":1}}',
  ),
  'methods of Object.prototype as keys': { toString: 1, hasOwnProperty: 2, valueOf: null },
  'keys in an order of their own': { b: 1, a: 2, aa: 3 },
  'keys that are numbers': { 2: 'b', 1: 'a', '-1': 'c', '01': 'd' },
  'a hundred levels': Array.from({ length: 99 }).reduce((inner) => [inner], [1]),
  'ten thousand keys': Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, n])),
  'what looks like JSON or SQL': ['{"a":1}', 'null', "'); DROP TABLE server_sessions; --", '${1}'],
  'placeholders as keys': { ':x': 1, $1: 2, '?': 3, '%s': 4 },
  'what looks like encrypted data': 'enc1.AAAAAAAA.AAAA',
  'every character below a space': String.fromCharCode(...Array.from({ length: 32 }).keys()),
};

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database, { maxDataBytes: MEBIBYTE });
  });
  afterAll(() => sessions.close());

  describe('session data', () => {
    it.each(Object.entries(VALUES))(
      'data comes back as it was created: %s',
      async (_name, data) => {
        const token = await sessions.manager.createSession(data);
        const found = await sessions.manager.retrieveSession(token);
        expect(JSON.stringify(found)).toBe(JSON.stringify(data));
      },
    );

    it.each(Object.entries(VALUES))(
      'data comes back as it was updated: %s',
      async (_name, data) => {
        const token = await sessions.manager.createSession('old');
        await sessions.manager.updateSession(token, data);
        const found = await sessions.manager.retrieveSession(token);
        expect(JSON.stringify(found)).toBe(JSON.stringify(data));
      },
    );

    it('undefined or omitted data comes back as null', async () => {
      const leftOut = await sessions.manager.createSession();
      const given = await sessions.manager.createSession(undefined);
      const updated = await sessions.manager.createSession('old');
      await expect(sessions.manager.updateSession(updated, undefined)).resolves.toBeNull();
      for (const token of [leftOut, given, updated]) {
        await expect(sessions.manager.retrieveSession(token)).resolves.toBeNull();
      }
    });

    it('a key named __proto__ stays a key and does not become the prototype', async () => {
      const token = await sessions.manager.createSession(
        JSON.parse('{"__proto__":{"admin":true}}'),
      );
      const found = await sessions.manager.retrieveSession(token);
      expect(found.admin).toBeUndefined();
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
      expect(Object.keys(found)).toEqual(['__proto__']);
    });

    it('data can have a whole mebibyte', async () => {
      const data = 'ü'.repeat(MEBIBYTE / 2 - 1);
      const token = await sessions.manager.createSession(data);
      const found = await sessions.manager.retrieveSession(token);
      expect(found === data).toBe(true);
    });

    it('data is stored as it was at the call, whatever changes it afterwards', async () => {
      const data = { count: 1 };
      const created = sessions.manager.createSession(data);
      data.count = 2;
      const token = await created;
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ count: 1 });
    });

    it('each reader gets a separate copy of the data', async () => {
      const token = await sessions.manager.createSession({ count: 1 });
      const mine = await sessions.manager.retrieveSession(token);
      mine.count = 2;
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ count: 1 });
    });
  });

  describe('damaged session data', () => {
    let token: string;

    beforeAll(async () => {
      token = await sessions.manager.createSession('fine');
      const { id } = await sessions.manager.inspectSession(token);
      await sessions.sequelize.query(
        `UPDATE ${sessions.tableName} SET data = '{"half' WHERE id = '${id}'`,
      );
    });

    it('reading damaged data fails with a SessionDataError that does not quote it', async () => {
      for (const reading of [
        () => sessions.manager.retrieveSession(token),
        () => sessions.manager.inspectSession(token),
        () => sessions.manager.updateSession(token, (data) => data),
      ]) {
        await expect(reading()).rejects.toThrow(SessionDataError);
        await expect(reading()).rejects.not.toThrow('half');
      }
    });

    it('damaged data can be replaced by an update', async () => {
      await sessions.manager.updateSession(token, 'new');
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('new');
    });
  });
});
