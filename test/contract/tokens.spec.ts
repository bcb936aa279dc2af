import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionNotFoundError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { STRONGER_TOKEN_METHODS, TOKEN_METHODS } from '../support/sessions/token-methods.js';

const METHODS = [...TOKEN_METHODS, ...STRONGER_TOKEN_METHODS];

/** Values that are not a primitive string of exactly a token's form, made from the token of a live session. */
const MALFORMED: [string, (token: string) => unknown][] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['zero', () => 0],
  ['a number', () => 1],
  ['NaN', () => NaN],
  ['a bigint', () => 1n],
  ['a boolean', () => true],
  ['a symbol', (token) => Symbol(token)],
  ['a function', (token) => () => token],
  ['an array of numbers', () => [1]],
  ['an array of the token', (token) => [token]],
  ['an array-like object', (token) => ({ 0: token, length: token.length })],
  ['an empty object', () => ({})],
  ['an object that turns into the token', (token) => ({ toString: () => token, length: 80 })],
  ['a query operator', () => ({ $gt: '' })],
  ['a String object', (token) => new String(token)],
  ['a Buffer of the token', (token) => Buffer.from(token)],
  ['an empty string', () => ''],
  ['a dot', () => '.'],
  ['a mebibyte', () => 'a'.repeat(1024 * 1024)],
  ['a mebibyte after the token', (token) => token + 'a'.repeat(1024 * 1024)],
  ['the id alone', (token) => token.split('.')[0]],
  ['the id with a dot', (token) => `${token.split('.')[0]}.`],
  ['the secret alone', (token) => token.split('.')[1]],
  ['a part too many', (token) => `${token}.a`],
  ['another separator', (token) => token.replace('.', ':')],
  ['upper case', (token) => token.toUpperCase()],
  ['an id in upper case', (token) => token.replace(/^.*?\./, (id) => id.toUpperCase())],
  ['an id of another UUID version', (token) => `${token.slice(0, 14)}4${token.slice(15)}`],
  ['an id of another UUID variant', (token) => `${token.slice(0, 19)}c${token.slice(20)}`],
  ['a character before the secret', (token) => token.replace('.', '.A')],
  ['a secret that is too short', (token) => token.slice(0, -1)],
  ['a last character that is not canonical', (token) => `${token.slice(0, -1)}B`],
  ['base64 instead of base64url', (token) => `${token.slice(0, 40)}+${token.slice(41)}`],
  ['a space after it', (token) => `${token} `],
  ['a space before it', (token) => ` ${token}`],
  ['a newline after it', (token) => `${token}\n`],
  ['a newline instead of its end', (token) => `${token.slice(0, -1)}\n`],
  ['NUL after it', (token) => `${token}\0`],
  ['NUL in it', (token) => `${token.slice(0, 50)}\0${token.slice(51)}`],
  ['quotes', (token) => `"${token}"`],
  ['percent-encoding', (token) => token.replace('.', '%2E')],
  ['a letter that only looks the same', (token) => `${token.slice(0, 50)}а${token.slice(51)}`],
  ['an SQL injection of the right length', () => `' OR 1=1 -- `.padEnd(80, 'a')],
];

describeDatabases((database) => {
  let sessions: TestSessions;
  let token: string;

  beforeAll(async () => {
    sessions = await openSessions(database);
    token = await sessions.manager.createSession('data');
  });
  afterAll(() => sessions.close());

  describe('a malformed token', () => {
    it.each(MALFORMED)(
      'every method reports a malformed token as not found, without SQL: %s',
      async (_name, spoil) => {
        const malformed = spoil(token);
        const statements = await sessions.statementsOf(async () => {
          for (const [, call] of METHODS) {
            await expect(call(sessions.manager, malformed)).rejects.toThrow(SessionNotFoundError);
          }
        });
        expect(statements).toEqual([]);
      },
    );

    it.each(MALFORMED)(
      'removeSession treats a malformed token as removed, without SQL: %s',
      async (_name, spoil) => {
        const statements = await sessions.statementsOf(async () => {
          const removal = sessions.manager.removeSession(spoil(token) as string);
          await expect(removal).resolves.toBe(true);
        });
        expect(statements).toEqual([]);
      },
    );

    it('a malformed token does not harm the session that it was made from', async () => {
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
    });
  });

  describe('a token of the right form', () => {
    const flip = (character: string) => (character === 'a' ? 'b' : 'a');
    const forgeries: [string, (token: string, other: string) => string][] = [
      ['of no session', () => `0190a0a0-0000-7000-8000-000000000000.${'a'.repeat(42)}A`],
      [
        'with the secret of another session',
        (own, other) => `${own.split('.')[0]}.${other.split('.')[1]}`,
      ],
      [
        'with one character of its secret changed',
        (own) => `${own.slice(0, 37)}${flip(own[37]!)}${own.slice(38)}`,
      ],
      [
        'with one character of its id changed',
        (own) => `${own.slice(0, 35)}${own[35] === '0' ? '1' : '0'}${own.slice(36)}`,
      ],
      [
        'with the case of its secret changed',
        (own) =>
          own.slice(0, 37) +
          own
            .slice(37, -1)
            .replace(/[a-z]/gi, (letter) =>
              letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
            ) +
          own.slice(-1),
      ],
    ];

    it.each(forgeries)(
      'a well-formed token of no session is not found and changes nothing: %s',
      async (_name, forge) => {
        const forged = forge(token, await sessions.manager.createSession('other'));
        for (const [, call] of METHODS) {
          await expect(call(sessions.manager, forged)).rejects.toThrow(SessionNotFoundError);
        }
        await expect(sessions.manager.removeSession(forged)).resolves.toBe(true);
        await expect(sessions.manager.inspectSession(token)).resolves.toMatchObject({
          data: 'data',
          version: 1,
        });
      },
    );

    it.each(forgeries)(
      'a token with a wrong secret does not reveal that its session has expired: %s',
      async (_name, forge) => {
        const expired = await sessions.manager.createSession('data', { expireTime: 1 });
        const forged = forge(expired, await sessions.manager.createSession('other'));
        sessions.clock.advance(1);
        await expect(sessions.manager.retrieveSession(forged)).rejects.toThrow(
          SessionNotFoundError,
        );
        await expect(sessions.manager.renewSession(forged)).rejects.toThrow(SessionNotFoundError);
      },
    );
  });
});
