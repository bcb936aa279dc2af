import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionNotFoundError } from 'nestjs-server-sessions';
import { addressIn, describeAddresses, type Address } from '../support/cli/addresses.js';
import { useCommandLine } from '../support/cli/command-line.js';
import { embeddedFile } from '../support/databases/databases.js';
import {
  addToLegacyFile,
  legacyData,
  legacyDate,
  makeLegacyFile,
  type LegacySession,
} from '../support/sessions/legacy-file.js';

const HOUR = 3_600_000;
const NOTHING = { copied: 0, known: 0, expired: 0, unreadable: 0, tooLarge: 0 };

describeAddresses((database) => {
  const commandLine = useCommandLine();
  let address: Address;
  let file: string;

  beforeEach(() => {
    address = addressIn(database);
    file = join(address.folder, 'old.sqlite');
  });
  afterEach(() => address.remove());

  const args = (...more: string[]) => [
    'import',
    file,
    '--to',
    address.to,
    '--table',
    address.tableName,
    ...more,
  ];
  const open = () => address.open({ acceptLegacyTokens: true });

  it('the import copies live sessions with data, owner and end, so that their tokens still work', async () => {
    const created = Date.now() - 2 * HOUR;
    const data = { userId: 7, basket: ['a "quoted" ü 🍏', '\\'], nested: { zero: 0, no: null } };
    const [token] = await makeLegacyFile(file, [
      {
        data: legacyData(data),
        expire: created + 5 * HOUR,
        createdAt: legacyDate(created),
      },
    ]);
    await expect(commandLine.json(args('--apply'))).resolves.toEqual({
      applied: true,
      interrupted: false,
      total: 1,
      ...NOTHING,
      copied: 1,
    });
    const sessions = await open();
    await expect(sessions.inspectSession(token!)).resolves.toMatchObject({
      data,
      userId: '7',
      expiresAt: new Date(created + 5 * HOUR),
      version: 1,
    });
    await expect(sessions.listSessions(7)).resolves.toHaveLength(1);
  });

  it('the limits of imported sessions count from the import, which has one time for all', async () => {
    const longAgo = legacyDate(Date.now() - 400 * 24 * HOUR);
    const before = Date.now();
    const tokens = await makeLegacyFile(file, [
      { createdAt: longAgo, updatedAt: longAgo, expire: before + 24 * HOUR },
      { createdAt: 'yesterday', updatedAt: 'today' },
    ]);
    await commandLine.json(args('--apply'));
    const sessions = await open();
    const [old, odd] = await Promise.all(tokens.map((token) => sessions.inspectSession(token)));
    expect(old!.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(old!.expiresAt).toEqual(new Date(before + 24 * HOUR));
    expect(old!.renewedAt).toEqual(old!.createdAt);
    expect([odd!.createdAt, odd!.renewedAt]).toEqual([old!.createdAt, old!.createdAt]);
  });

  it('the import stores no old token in the new table', async () => {
    const [token] = await makeLegacyFile(file, [{}]);
    await commandLine.json(args('--apply'));
    const rows = [
      ...(await address.select(`SELECT * FROM ${address.tableName}`)),
      ...(await address.select(`SELECT * FROM ${address.tableName}_imported`)),
    ];
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('without --apply the import only reports what it would do', async () => {
    await makeLegacyFile(file, [{}, { expire: 1 }]);
    const before = readFileSync(file);
    await expect(commandLine.json(args())).resolves.toEqual({
      applied: false,
      interrupted: false,
      total: 2,
      ...NOTHING,
      copied: 1,
      expired: 1,
    });
    expect(readFileSync(file)).toEqual(before);
    if (database.storagePath) {
      expect(existsSync(address.to)).toBe(false);
    } else {
      await expect(address.select(`SELECT 1 FROM ${address.tableName}`)).rejects.toThrow();
    }
  });

  it('a dry run also counts the sessions that are already imported', async () => {
    await makeLegacyFile(file, [{}, {}]);
    await commandLine.json(args('--apply'));
    await addToLegacyFile(file, [{}]);
    await expect(commandLine.json(args())).resolves.toMatchObject({ copied: 1, known: 2 });
  });

  const LONG = 'x'.repeat(65_000);
  const ODDITIES: readonly [string, LegacySession, unknown][] = [
    ['no data', { data: null }, null],
    ['data that is null', { data: legacyData(null) }, null],
    ['an empty string', { data: '""' }, null],
    ['a string', { data: legacyData('text') }, 'text'],
    ['data that is encoded once', { data: '{"n":1}' }, { n: 1 }],
    ['as much data as is allowed', { data: legacyData(`"${LONG}\\`) }, `"${LONG}\\`],
    ['data of quotes', { data: legacyData('"'.repeat(30_000)) }, '"'.repeat(30_000)],
    ['an end beyond all dates', { expire: 9e18, data: legacyData(1) }, 1],
    ['an end that is text', { expire: `${Date.now() + HOUR}`, data: legacyData(1) }, 1],
  ];
  it('the import reads unusual rows as the original does', async () => {
    const tokens = await makeLegacyFile(
      file,
      ODDITIES.map(([, session]) => session),
    );
    await expect(commandLine.json(args('--apply'))).resolves.toMatchObject({
      ...NOTHING,
      copied: ODDITIES.length,
    });
    const sessions = await open();
    const data = await Promise.all(tokens.map((token) => sessions.retrieveSession(token)));
    expect(data).toEqual(ODDITIES.map(([, , expected]) => expected));
  });

  it('the import skips expired, unreadable and too large sessions and counts them', async () => {
    await makeLegacyFile(file, [
      { expire: Date.now() - 1 },
      { expire: null },
      { expire: 'never' },
      { expire: 0, data: 'broken' },
      { data: 'broken' },
      { data: '"broken"' },
      { data: legacyData({ userId: {} }) },
      { id: 'no-uuid' },
      { id: null },
      { id: randomUUID().toUpperCase() },
      { data: legacyData('x'.repeat(65_535)) },
      { data: legacyData('x'.repeat(2_000_000)) },
    ]);
    await expect(commandLine.json(args('--apply'))).resolves.toMatchObject({
      total: 12,
      copied: 0,
      expired: 4,
      unreadable: 6,
      tooLarge: 2,
    });
    await expect(commandLine.json(args('--max-data-bytes', '70000'))).resolves.toMatchObject({
      copied: 1,
      tooLarge: 1,
    });
  });

  it('the import copies all pages and each session once, however often it runs', async () => {
    const tokens = await makeLegacyFile(file, Array<LegacySession>(300).fill({}));
    await expect(commandLine.json(args('--apply'))).resolves.toMatchObject({ copied: 300 });
    await expect(commandLine.json(args('--apply'))).resolves.toMatchObject({
      copied: 0,
      known: 300,
    });
    const sessions = await open();
    await expect(sessions.countSessions('ann')).resolves.toBe(300);
    await expect(sessions.retrieveSession(tokens[299]!)).resolves.toEqual({ userId: 'ann' });
  });

  it('the import revives no session that has ended since and overwrites no changed one', async () => {
    const [ended, changed] = await makeLegacyFile(file, [{}, {}]);
    await commandLine.json(args('--apply'));
    const sessions = await open();
    await sessions.removeSession(ended!);
    await sessions.updateSession(changed!, { userId: 'ann', n: 1 });
    const [later] = await addToLegacyFile(file, [{}]);
    await expect(commandLine.json(args('--apply'))).resolves.toMatchObject({ copied: 1, known: 2 });
    await expect(sessions.retrieveSession(ended!)).rejects.toThrow(SessionNotFoundError);
    await expect(sessions.retrieveSession(changed!)).resolves.toEqual({ userId: 'ann', n: 1 });
    await expect(sessions.retrieveSession(later!)).resolves.toEqual({ userId: 'ann' });
  });

  it('the import can read the owner from another property and encrypt', async () => {
    const key = randomBytes(32).toString('base64url');
    const [token] = await makeLegacyFile(file, [{ data: legacyData({ account: 'eve' }) }]);
    const { code } = await commandLine.run(
      args('--apply', '--user-id', 'account', '--encryption-key-env', 'TEST_KEY'),
      { TEST_KEY: key },
    );
    expect(code).toBe(0);
    const [row] = await address.select(`SELECT data, user_id FROM ${address.tableName}`);
    expect(row).toEqual({ data: expect.stringMatching(/^enc1\./), user_id: 'eve' });
    const sessions = await address.open({ acceptLegacyTokens: true, encryptionKeys: [key] });
    await expect(sessions.retrieveSession(token!)).resolves.toEqual({ account: 'eve' });
  });

  it.each([[[]], [['--apply']]])(
    'the import refuses a table of sessions in place of the list of copied sessions: %j',
    async (more) => {
      await makeLegacyFile(file, [{}]);
      const { sequelize, tableName } = address;
      await (await address.open()).createSession({ userId: 'bob' });
      await sequelize.query(`CREATE TABLE ${tableName}_imported AS SELECT * FROM ${tableName}`);
      const { code, stderr } = await commandLine.run(args(...more));
      expect(code).toBe(1);
      expect(stderr).toMatch(`The table ${tableName}_imported has other columns than id`);
      for (const table of [tableName, `${tableName}_imported`]) {
        await expect(address.select(`SELECT user_id FROM ${table}`)).resolves.toEqual([
          { user_id: 'bob' },
        ]);
      }
    },
  );

  if (database.storagePath) {
    it('the import accepts an empty file, as another import is about to write it', async () => {
      await makeLegacyFile(file, [{}]);
      writeFileSync(address.to, '');
      await expect(commandLine.json(args('--apply'))).resolves.toMatchObject({ copied: 1 });
    });
  }

  it('two parallel imports copy each session once', async () => {
    await makeLegacyFile(file, Array<LegacySession>(300).fill({}));
    const results = await Promise.all([
      commandLine.json(args('--apply')),
      commandLine.json(args('--apply')),
    ]);
    expect(results.reduce((sum, { copied }) => sum + Number(copied), 0)).toBe(300);
    const [row] = await address.select(`SELECT COUNT(*) AS count FROM ${address.tableName}`);
    expect(Number(row!['count'])).toBe(300);
  });
});

describe('import', () => {
  const commandLine = useCommandLine();
  let address: Address;

  beforeEach(() => {
    address = addressIn(embeddedFile);
  });
  afterEach(() => address.remove());

  it('the import works within one file that has both tables', async () => {
    const [token] = await makeLegacyFile(address.to, [{}]);
    const args = ['import', address.to, '--to', address.to, '--table', address.tableName];
    await expect(commandLine.json([...args, '--apply'])).resolves.toMatchObject({ copied: 1 });
    const sessions = await address.open({ acceptLegacyTokens: true });
    await expect(sessions.retrieveSession(token!)).resolves.toEqual({ userId: 'ann' });
    await expect(address.select('SELECT COUNT(*) AS count FROM Sessions')).resolves.toEqual([
      { count: 1 },
    ]);
  });

  it('the imports into two tables with long names do not share a list of copied sessions', async () => {
    const file = join(address.folder, 'old.sqlite');
    await makeLegacyFile(file, [{}]);
    for (const end of ['a', 'b']) {
      const args = ['import', file, '--to', address.to, '--table', `${'x'.repeat(60)}${end}`];
      await expect(commandLine.json([...args, '--apply'])).resolves.toMatchObject({ copied: 1 });
    }
  });

  it('the import copies the first of two rows with the same id, and counts the other as known', async () => {
    const file = join(address.folder, 'old.sqlite');
    await makeLegacyFile(file, [{ data: legacyData('first') }]);
    const old = embeddedFile.connect(file);
    await old.query('ALTER TABLE Sessions RENAME TO Original');
    await old.query('CREATE TABLE Sessions AS SELECT * FROM Original');
    await old.query(`INSERT INTO Sessions SELECT id, '"2"', expire, 0, 0 FROM Original`);
    const [{ id }] = (await old.query('SELECT id FROM Original'))[0] as [{ id: string }];
    await old.close();
    const args = ['import', file, '--to', address.to, '--table', address.tableName];
    const counts = { total: 2, copied: 1, known: 1 };
    await expect(commandLine.json(args)).resolves.toMatchObject(counts);
    await expect(commandLine.json([...args, '--apply'])).resolves.toMatchObject(counts);
    const sessions = await address.open({ acceptLegacyTokens: true });
    await expect(sessions.retrieveSession(id)).resolves.toBe('first');
  });

  it('the import keeps the journal mode of an existing file', async () => {
    await makeLegacyFile(address.to, [{}]);
    const args = ['import', address.to, '--to', address.to, '--table', address.tableName];
    await commandLine.json([...args, '--apply']);
    await expect(commandLine.json(args)).resolves.toMatchObject({ known: 1 });
    await expect(address.select('PRAGMA journal_mode')).resolves.toEqual([
      { journal_mode: 'delete' },
    ]);
  });

  it('a manager on an old table fails with an error that names the import command', async () => {
    await makeLegacyFile(address.to, [{}]);
    await expect(address.open({ tableName: 'sessions' })).rejects.toThrow(
      /belongs to the package server-sessions.*npx nestjs-server-sessions import/,
    );
  });

  it('the import reports each step and what to do next', async () => {
    const file = join(address.folder, 'old.sqlite');
    await makeLegacyFile(file, [{}, { data: legacyData('x'.repeat(70_000)) }]);
    const args = ['import', file, '--to', address.to];
    const dry = await commandLine.run(args);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(/to be copied +1\n/);
    expect(dry.stdout).toMatch(/--max-data-bytes/);
    expect(dry.stdout).toMatch(/nothing was written. Run it again with --apply/);
    const done = await commandLine.run([...args, '--apply']);
    expect(done.stdout).toMatch(/copied +1\n/);
    expect(done.stdout).toMatch(/server_sessions_imported/);
  });

  it('the import shows no password, also if it is not encoded', async () => {
    const to = 'postgres://ann:1/open?#sesame@127.0.0.1/d';
    const { code, stdout, stderr } = await commandLine.run(['import', './none.sqlite', '--to', to]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^To /m);
    expect(stdout + stderr).not.toMatch(/ann|open|sesame/);
  });

  it.each([
    ['a missing file', ['import', './none.sqlite', '--to', 'x.sqlite'], /no file .*none\.sqlite/],
    [
      'another kind of file',
      ['import', resolve('package.json'), '--to', 'x'],
      /not an SQLite database/,
    ],
    ['a folder', ['import', resolve('lib'), '--to', 'x'], /lib can't be read \(EISDIR\)/],
  ])('the import reports an error for %s and creates no file', async (_, args, message) => {
    const { code, stderr } = await commandLine.run(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(readdirSync(commandLine.folder)).toEqual([]);
  });

  it('the import reports an error for an SQLite file of another program', async () => {
    const sessions = await address.open();
    await sessions.createSession(1);
    const { code, stderr } = await commandLine.run(['import', address.to, '--to', 'x.sqlite']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no sessions of the package server-sessions/);
  });
});
