import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionDataError, type SessionManager } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

const OLD_KEY = randomBytes(32).toString('base64url');
const NEW_KEY = randomBytes(32).toString('hex');
const CANARY = 'canary-7f3a';
const DATA = { userId: 'ann', basket: [CANARY] };

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, { encryptionKeys: [OLD_KEY] });
  });
  afterEach(() => sessions.close());

  const idOf = (token: string) => token.split('.')[0]!;
  const another = (encryptionKeys?: string[]) => sessions.another({ encryptionKeys });

  async function storedOf(token: string): Promise<string> {
    const sql = `SELECT data FROM ${sessions.tableName} WHERE id = '${idOf(token)}'`;
    const [row] = await sessions.select(sql);
    return row!['data'] as string;
  }

  const store = (token: string, text: string) =>
    sessions.sequelize.query(`UPDATE ${sessions.tableName} SET data = $text WHERE id = $id`, {
      bind: { text, id: idOf(token) },
    });

  async function expectUnreadable(manager: SessionManager, token: string): Promise<void> {
    const calls = [
      manager.retrieveSession(token),
      manager.inspectSession(token),
      manager.updateSession(token, (data: any) => data),
      manager.regenerateSession(token, { change: (data: any) => data }),
    ];
    for (const call of calls) {
      const error = await rejectionOf(call);
      expect(error).toBeInstanceOf(SessionDataError);
      expect(String(error)).not.toContain(CANARY);
    }
  }

  describe('with encryptionKeys, session data', () => {
    it('encrypted data is not readable in the table, and is returned decrypted', async () => {
      const token = await sessions.manager.createSession(DATA);
      expect(await storedOf(token)).toMatch(/^enc1\.[\w-]{8}\.[\w-]+$/);
      expect(await storedOf(token)).not.toContain(CANARY);
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual(DATA);
    });

    it('data stays encrypted through updates, changes and rotations', async () => {
      const { manager } = sessions;
      let token = await manager.createSession({});
      await expect(manager.updateSession(token, DATA)).resolves.toEqual(DATA);
      await manager.updateSession(token, (data: any) => void data.basket.push('pear'));
      token = await manager.regenerateSession(token);
      token = await manager.regenerateSession(token, {
        change: (data: any) => void (data.role = 'admin'),
      });
      const expected = { userId: 'ann', basket: [CANARY, 'pear'], role: 'admin' };
      await expect(manager.retrieveSession(token)).resolves.toEqual(expected);
      expect(await storedOf(token)).toMatch(/^enc1\./);
    });

    it('equal data is encrypted to a different string at each write', async () => {
      const token = await sessions.manager.createSession(DATA);
      const first = await storedOf(token);
      const twin = await storedOf(await sessions.manager.createSession(DATA));
      await sessions.manager.updateSession(token, DATA);
      expect(new Set([first, twin, await storedOf(token)]).size).toBe(3);
    });

    it('encrypted data still determines the owner of the session', async () => {
      await sessions.manager.createSession(DATA);
      await expect(sessions.manager.listSessions('ann')).resolves.toHaveLength(1);
      await expect(sessions.manager.removeUserSessions('ann')).resolves.toBe(1);
    });

    it('encrypted data can have the size of maxDataBytes', async () => {
      const most = 1024 * 1024;
      const manager = await sessions.another({ maxDataBytes: most });
      const data = 'x'.repeat(most - 2);
      const token = await manager.createSession(data);
      await expect(manager.retrieveSession(token)).resolves.toBe(data);
    });

    it('encrypted data that is copied to another row is refused', async () => {
      const { manager } = sessions;
      const mine = await manager.createSession({ userId: 'ann' });
      const admins = await manager.createSession({ userId: 'root' });
      await store(mine, await storedOf(admins));
      await expectUnreadable(manager, mine);
      await expect(manager.retrieveSession(admins)).resolves.toEqual({ userId: 'root' });
    });

    it.each([
      [
        'a character',
        (payload: string) => payload.replace(/.$/, (end) => (end === 'A' ? 'E' : 'A')),
      ],
      ['the nonce', (payload: string) => `${payload[0] === 'A' ? 'B' : 'A'}${payload.slice(1)}`],
      ['a tag cut to 4 bytes', (payload: string) => cut(payload, 12)],
      ['a tag cut to 12 bytes', (payload: string) => cut(payload, 4)],
      ['nearly everything', (payload: string) => payload.slice(0, 8)],
      ['everything', () => ''],
    ])('encrypted data is refused if %s was changed', async (_what, change) => {
      const token = await sessions.manager.createSession(DATA);
      const [format, key, payload] = (await storedOf(token)).split('.');
      await store(token, [format, key, change(payload!)].join('.'));
      await expectUnreadable(sessions.manager, token);
    });

    it('encrypted data with an unknown format or key is refused', async () => {
      const token = await sessions.manager.createSession(DATA);
      const [, key, payload] = (await storedOf(token)).split('.');
      for (const text of [`enc2.${key}.${payload}`, `enc1.AAAAAAAA.${payload}`, `${payload}`]) {
        await store(token, text);
        await expectUnreadable(sessions.manager, token);
      }
    });

    it('data can not be read without its key, but its session can be ended', async () => {
      const token = await sessions.manager.createSession(DATA);
      await expectUnreadable(await another(), token);
      await expectUnreadable(await another([NEW_KEY]), token);
      await (await another()).removeSession(token);
      expect(await sessions.select(`SELECT data FROM ${sessions.tableName}`)).toEqual([
        { data: '' },
      ]);
    });

    it('data is encrypted with a new first key at the next write', async () => {
      const written = await sessions.manager.createSession(DATA);
      const left = await sessions.manager.createSession(DATA);
      const both = await another([NEW_KEY, OLD_KEY]);
      await expect(both.retrieveSession(written)).resolves.toEqual(DATA);
      await both.updateSession(written, (data: any) => data);
      const newOnly = await another([NEW_KEY]);
      await expect(newOnly.retrieveSession(written)).resolves.toEqual(DATA);
      await expectUnreadable(newOnly, left);
    });

    it('plain data is still read, and encrypted at the next write', async () => {
      const token = await (await another()).createSession(DATA);
      expect(await storedOf(token)).toBe(JSON.stringify(DATA));
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual(DATA);
      await sessions.manager.renewSession(token);
      expect(await storedOf(token)).toBe(JSON.stringify(DATA));
      await sessions.manager.updateSession(token, (data: any) => data);
      expect(await storedOf(token)).toMatch(/^enc1\./);
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual(DATA);
    });
  });
});

/** Returns a payload without the last bytes of its tag. */
function cut(payload: string, bytes: number): string {
  return Buffer.from(payload, 'base64url').subarray(0, -bytes).toString('base64url');
}
