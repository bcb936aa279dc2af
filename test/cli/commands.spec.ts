import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { addressIn, describeAddresses, type Address } from '../support/cli/addresses.js';
import { useCommandLine } from '../support/cli/command-line.js';
import { embeddedFile, SERVERS } from '../support/databases/databases.js';
import { addExpiredRows } from '../support/databases/many-rows.js';
import { TestClock } from '../support/sessions/test-clock.js';

const HOUR = 3_600_000;

describeAddresses((database) => {
  const commandLine = useCommandLine();
  let address: Address;

  beforeEach(() => {
    address = addressIn(database);
  });
  afterEach(() => address.remove());

  /** Creates sessions of these users; those of the second list have expired. */
  async function keep(live: readonly unknown[], expired: readonly unknown[]): Promise<number> {
    const clock = new TestClock();
    const sessions = await address.open({ clock, expireTime: HOUR });
    clock.advance(Date.now() - clock.now() - 2 * HOUR);
    for (const userId of expired) {
      await sessions.createSession({ userId });
    }
    clock.advance(2 * HOUR);
    for (const userId of live) {
      await sessions.createSession({ userId });
    }
    return clock.now();
  }

  describe('stats', () => {
    it('stats counts sessions, users and bytes, and shows dates', async () => {
      const now = await keep(['ann', 'ann', 'bé'], ['ann', 'eve']);
      const time = new Date(now).toISOString();
      await expect(commandLine.json(['stats', ...address.options])).resolves.toEqual({
        live: 3,
        expired: 2,
        ended: 0,
        users: 2,
        oldest: time,
        newest: time,
        bytes: String.raw`{"userId":"ann"}{"userId":"ann"}{"userId":"b\u00e9"}`.length + 32,
      });
    });

    it('stats counts nothing in an empty table', async () => {
      await address.open();
      await expect(commandLine.json(['stats', ...address.options])).resolves.toEqual({
        live: 0,
        expired: 0,
        ended: 0,
        users: 0,
        oldest: null,
        newest: null,
        bytes: 0,
      });
    });
  });

  describe('sweep', () => {
    it('sweep removes expired sessions and keeps the others', async () => {
      await keep(['ann'], ['ann', 'eve']);
      const sweep = ['sweep', ...address.options, '--retention', '0'];
      await expect(commandLine.json(sweep)).resolves.toEqual({
        removed: 2,
        ended: 0,
        interrupted: false,
      });
      await expect(address.select(`SELECT user_id FROM ${address.tableName}`)).resolves.toEqual([
        { user_id: 'ann' },
      ]);
    });

    it('sweep removes ended sessions after the retention, and counts them separately', async () => {
      const sessions = await address.open({ cleanup: { interval: false } });
      await sessions.removeSession(await sessions.createSession({ userId: 'ann' }));
      await sessions.createSession({ userId: 'bob' });
      const stats = ['stats', ...address.options];
      await expect(commandLine.json(stats)).resolves.toMatchObject({
        live: 1,
        expired: 0,
        ended: 1,
      });
      const sweep = ['sweep', ...address.options];
      const nothing = { removed: 0, ended: 0, interrupted: false };
      await expect(commandLine.json(sweep)).resolves.toEqual(nothing);
      await expect(commandLine.json([...sweep, '--retention', '0'])).resolves.toEqual({
        ...nothing,
        ended: 1,
      });
      await expect(commandLine.json(stats)).resolves.toMatchObject({ live: 1, ended: 0 });
    });

    it('sweep keeps sessions that expired within the retention, by default a day', async () => {
      await keep([], ['ann']);
      // It expired an hour ago, and then 23 hours ago.
      await address.sequelize.query(
        `UPDATE ${address.tableName} SET expires_at = expires_at - ${22 * HOUR}, sweep_after = 0`,
      );
      const sweep = ['sweep', ...address.options];
      await expect(commandLine.json(sweep)).resolves.toMatchObject({ removed: 0 });
      await expect(commandLine.json([...sweep, '--retention', '22'])).resolves.toMatchObject({
        removed: 1,
      });
    });

    it('sweep reports its result in one line', async () => {
      await keep([], ['ann']);
      const sessions = await address.open({ cleanup: { interval: false } });
      for (const userId of ['bob', 'eve']) {
        await sessions.removeSession(await sessions.createSession({ userId }));
      }
      const sweep = ['sweep', ...address.options, '--retention', '0'];
      const { code, stdout, stderr } = await commandLine.run(sweep);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^1 expired and 2 ended sessions removed from /m);
      expect(stdout).not.toContain('\u001b');
    });
  });

  describe('reassign-owners', () => {
    const module = (name: string, text: string) => {
      const file = join(address.folder, name);
      writeFileSync(file, text);
      return file;
    };
    const create = async () => {
      const sessions = await address.open();
      await sessions.createSession({ account: 'ann' });
      await sessions.createSession({ account: 'x'.repeat(256) });
    };
    const done = { read: 2, reassigned: 1, unreadable: 1, interrupted: false };

    it.each([
      [
        'a module',
        'options.mjs',
        'export default { rolling: true, userId: (data) => data.account };',
      ],
      ['CommonJS', 'options.cjs', 'module.exports = { userId: (data) => data.account };'],
    ])(
      'reassign-owners gives each session the owner that the options of %s find',
      async (_name, file, text) => {
        await create();
        const args = ['reassign-owners', ...address.options, '--options', module(file, text)];
        await expect(commandLine.json(args)).resolves.toEqual(done);
        await expect(
          address.select(`SELECT user_id FROM ${address.tableName} WHERE user_id IS NOT NULL`),
        ).resolves.toEqual([{ user_id: 'ann' }]);
        const { stdout, code } = await commandLine.run(args);
        expect(code).toBe(0);
        expect(stdout).toContain('0 sessions got another owner');
      },
    );

    it('a warning of the options does not get into the JSON', async () => {
      await create();
      const text =
        "const schema = { '~standard': { version: 1, vendor: 'own', validate: async () => ({ value: 1 }) } };" +
        'export default { schema };';
      const file = module('options.mjs', text);
      const args = ['reassign-owners', ...address.options, '--options', file, '--json'];
      const { stdout, stderr } = await commandLine.run(args);
      expect(JSON.parse(stdout)).toMatchObject({ read: 2, unreadable: 2 });
      expect(stderr).toMatch(/^warning: .*schema/);
    });

    it.each([
      ['there is no such file', 'none.mjs', [], "can't be loaded"],
      ['the export has another name', 'options.mjs', [], 'has no export "default"'],
      ['the option is no function', 'options.mjs', ['--export', 'wrong'], 'userId must be'],
    ])('reassign-owners says so if %s', async (_name, name, more, message) => {
      await create();
      const text = 'export const options = {}; export const wrong = { userId: 7 };';
      const file = name === 'none.mjs' ? name : module(name, text);
      const args = ['reassign-owners', ...address.options, '--options', file, ...more];
      const { code, stderr } = await commandLine.run(args);
      expect(code).toBe(1);
      expect(stderr).toContain(message);
    });
  });

  it('a missing table is reported and not created', async () => {
    await address.open({ tableName: `${address.tableName}_other` });
    const { code, stderr } = await commandLine.run(['sweep', ...address.options]);
    expect(code).toBe(1);
    expect(stderr).toMatch(`There is no table ${address.tableName}`);
    await expect(address.select(`SELECT 1 FROM ${address.tableName}`)).rejects.toThrow();
    if (!database.storagePath) {
      await address.select(`DROP TABLE ${address.tableName}_other`).catch(() => {});
    }
  });
});

describe('the command line', () => {
  const commandLine = useCommandLine();
  let address: Address;

  beforeEach(() => {
    address = addressIn(embeddedFile);
  });
  afterEach(() => address.remove());

  /** Sweeps so many expired sessions, with a Ctrl-C as soon as the output matches. */
  async function sweepUntil(expired: number, said: RegExp) {
    await address.open();
    await addExpiredRows(address, expired);
    return commandLine.run(['sweep', ...address.options, '--retention', '0'], {}, said);
  }

  it('Ctrl-C ends the program with 130 after the current batch, with a report of the progress', async () => {
    const { code, stdout } = await sweepUntil(50_000, /Removed 5,000 of 50,000/);
    expect(code).toBe(130);
    const [, removed] = /^([\d,]+) expired and 0 ended sessions removed .* interrupted/m.exec(
      stdout,
    )!;
    const [row] = await address.select(`SELECT COUNT(*) AS count FROM ${address.tableName}`);
    expect(Number(row!['count'])).toBe(50_000 - Number(removed!.replaceAll(',', '')));
    expect(Number(row!['count'])).toBeGreaterThan(0);
  });

  it('Ctrl-C after the work is done does not count as an interruption', async () => {
    const { code, stdout } = await sweepUntil(1_000, /Removed 1,000 of 1,000/);
    // `null` if the signal is so late that Node no longer listens to it.
    expect([0, null]).toContain(code);
    expect(stdout).toMatch(/^1,000 expired and 0 ended sessions removed/m);
    expect(stdout).not.toMatch('interrupted');
  });

  it.each([
    ['stats', []],
    ['sweep', ['--retention', '0']],
  ])('the command %s keeps the journal mode of the file', async (command, more) => {
    await makeRollbackFile();
    await commandLine.json([command, ...address.options, ...more]);
    await expect(address.select('PRAGMA journal_mode')).resolves.toEqual([
      { journal_mode: 'delete' },
    ]);
  });

  /** Creates a session table in a file that is not in WAL mode. */
  async function makeRollbackFile(): Promise<void> {
    const sessions = await address.open();
    await sessions.createSession('data');
    await sessions.close();
    await address.select('PRAGMA journal_mode = DELETE');
  }

  it.each(['stats', 'sweep'])('the command %s creates no file', async (command) => {
    const path = join(address.folder, 'none.sqlite');
    const { code, stderr } = await commandLine.run([command, '--storage', path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(`There is no file ${path}`);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['swep']],
    ['an unknown option', ['sweep', '--all']],
    ['no address', ['stats']],
    ['two addresses', ['stats', '--url', 'postgres://h/d', '--storage', 'x']],
    ['a retention that is no number', ['sweep', '--storage', 'x', '--retention', '1d']],
    ['a wrong table name', ['stats', '--storage', 'x', '--table', 'a-b']],
    ['an import to nowhere', ['import', 'x.sqlite']],
  ])('the program ends with 2 for %s', async (_, args) => {
    const { code, stdout, stderr } = await commandLine.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  it.each([['stats'], ['sweep'], ['import'], ['migration']])(
    'the help explains %s with examples',
    async (command) => {
      const { code, stdout } = await commandLine.run([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`Usage: nestjs-server-sessions ${command}`));
    },
  );

  const SECRET = 'open:sesame';
  it.each([
    ['that can not be read', `postgres://ann:${SECRET}@:5432:x`],
    ['of another kind', `redis://ann:${SECRET}@127.0.0.1/0`],
    ['in a misspelt option', ''],
    ['of a server that is away', `postgres://ann:${SECRET}@127.0.0.1:1/test`],
    ['of another server that is away', `mariadb://ann:${SECRET}@127.0.0.1:1/test`],
    ['of a third server that is away', `mysql://ann:${SECRET}@127.0.0.1:1/test`],
  ])('the program shows no credentials of a URL %s', async (_, url) => {
    const option = url === '' ? [`--ulr=postgres://ann:/?#${SECRET}@h/d`] : ['--url', url];
    const { code, stdout, stderr } = await commandLine.run(['stats', ...option]);
    expect(code).toBe(url === '' ? 2 : 1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/ann|sesame|\n +at /);
  });

  it('the program reads the URL from the environment, where process lists do not show it', async () => {
    const { code, stderr } = await commandLine.run(['stats'], {
      SESSIONS_DATABASE_URL: 'postgres://postgres@127.0.0.1:1/test',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/No server responds at this address/);
  });

  describe('the variable of the URL is empty', () => {
    const EMPTY = { SESSIONS_DATABASE_URL: '' };

    it('--storage works as without the variable', async () => {
      await address.open();
      const args = ['stats', ...address.options, '--json'];
      const { code, stdout, stderr } = await commandLine.run(args, EMPTY);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ live: 0 });
    });

    it.each([
      ['stats', ['stats'], 'no database given'],
      ['an import', ['import', 'x.sqlite'], "required option '--to <url|path>' not specified"],
    ])('%s without an address ends with 2', async (_, args, message) => {
      const { code, stdout, stderr } = await commandLine.run(args, EMPTY);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(message);
    });
  });

  it.each([
    ['pg', 'postgres'],
    ['mariadb', 'mariadb'],
    ['mysql2', 'mysql'],
  ])('the program names the command that installs %s', async (driver, protocol) => {
    const preload = join(process.cwd(), 'test/support/cli/without-package.cjs');
    const { code, stderr } = await commandLine.run(['stats', '--url', `${protocol}://h/d`], {
      NODE_OPTIONS: `--require ${preload}`,
      WITHOUT_PACKAGE: driver,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(`Run: npm install ${driver}\n`);
  });
});

describe.each(
  SERVERS.filter(({ missing }) => missing === undefined).map((each) => [each.name, each] as const),
)('a wrong address on %s', (_, database) => {
  const commandLine = useCommandLine();

  it('a database that does not exist is reported', async () => {
    const address = addressIn(database);
    const url = new URL(address.to);
    url.pathname = '/not_there';
    const { code, stderr } = await commandLine.run(['stats', '--url', url.href]);
    await address.remove();
    expect(code).toBe(1);
    expect(stderr).toMatch(/no database of this name/);
  });
});

describe('a file whose path is too long for SQLite, though not for the system', () => {
  const commandLine = useCommandLine();
  const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
  const file = join(folder, ...Array.from({ length: 5 }, () => 'd'.repeat(120)), 'file.sqlite');
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [['stats', '--storage', file]],
    [['sweep', '--storage', file]],
    [['import', file, '--to', 'new.sqlite']],
  ])(
    'a file whose path is too long for SQLite ends the program with an error: %j',
    async (args) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'SQLite format 3\0');
      const { code, stderr } = await commandLine.run(args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: /);
    },
  );
});

describe('a server that never responds', () => {
  const commandLine = useCommandLine();
  let server: Server;
  afterEach(() => void server.close());

  it.each(['postgres', 'mariadb', 'mysql'])(
    'a %s server that never responds does not block the program',
    async (protocol) => {
      server = createServer((socket) => socket.on('error', () => {}).resume());
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const { port } = server.address() as { port: number };
      const { code, stderr } = await commandLine.run([
        'stats',
        '--url',
        `${protocol}://127.0.0.1:${port}/d`,
      ]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: /);
    },
  );
});
