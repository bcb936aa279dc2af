import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { COLUMNS } from '../../lib/store/table/ddl.js';
import { addressIn, type Address } from '../support/cli/addresses.js';
import { useCommandLine } from '../support/cli/command-line.js';
import { embeddedFile } from '../support/databases/databases.js';
import { LEGACY_TABLE, makeLegacyFile } from '../support/sessions/legacy-file.js';

const SECRET = 'S3CRET';
const HOUR = 3_600_000;

describe('the command line', () => {
  const commandLine = useCommandLine();
  let address: Address;
  let file: string;

  beforeEach(() => {
    address = addressIn(embeddedFile);
    file = join(address.folder, 'old.sqlite');
  });
  afterEach(() => address.remove());

  const MALFORMED = [
    `postgres:/app:${SECRET}@db/app`,
    `postgres//app:${SECRET}@db/app`,
    ` 'jdbc:mariadb://app:${SECRET}@db/app'`,
    `my_user:pa/${SECRET}@db/app`,
    `//app:pa/${SECRET}@db/app`,
    `app%40x:pa/${SECRET}@db/app`,
    `host=db user=app password=${SECRET}`,
    `Server=db;Uid=app;Pwd=${SECRET}`,
  ];

  const refuse = async (args: readonly string[]) => {
    await makeLegacyFile(file, [{}]);
    const { code, stdout, stderr } = await commandLine.run(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(readdirSync(commandLine.folder)).toEqual([]);
    expect(stderr).toMatch(/^error: .*URL/);
    expect(stderr).not.toMatch(SECRET);
  };

  it.each(MALFORMED)('a malformed URL, %j, is refused and not shown', async (url) => {
    await refuse(['stats', '--url', url]);
  });

  describe.each([MALFORMED[0]!, MALFORMED[4]!, MALFORMED[6]!])('a malformed URL, %j', (url) => {
    it.each<[string, () => string[]]>([
      ['as --storage', () => ['sweep', '--storage', url]],
      ['as the target of an import', () => ['import', file, '--to', url, '--apply']],
      ['as the file of an import', () => ['import', url, '--to', address.to, '--apply']],
      [
        'as the file of a migration',
        () => ['migration', '--for', 'umzug', '--dialect', 'sqlite', '--out', url],
      ],
    ])('is refused and not shown %s', (_, args) => refuse(args()));
  });

  it.each([
    ['stats', `--ulr=${MALFORMED[0]}`],
    ['stats', `--ulr=postgres://app:pa ${SECRET}@db/app`],
    ['stats', `--ulr=postgres://db/app?user=app&password=${SECRET}`],
    ['stats', `--ulr=${SECRET}`],
    [`postgres://app:pa ${SECRET}@db/app`],
    [`postgres://db/app?password=${SECRET}`],
    ['stats', '--table', `postgres://app:pa ${SECRET}@db/app`, '--storage', 'x'],
    ['stats', '--table', `postgres://app:${SECRET}`, '--storage', 'x'],
    ['stats', '--table', `postgres://app:it's ${SECRET}`, '--storage', 'x'],
    ['sweep', '--retention', `postgres://app:${SECRET}`],
    ['import', 'x', '--to', 'y', '--max-data-bytes', `pwd=${SECRET}`],
    ['migration', '--for', `postgres://app:${SECRET}`],
    [`postgres://app:${SECRET}`],
    [`host=db password=${SECRET}`],
    [`--postgres://app:${SECRET}`],
    ['stats', `host=db password=${SECRET}`],
  ])('a password of a URL in the wrong place is not shown: %s %s', async (...args) => {
    const { code, stderr } = await commandLine.run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(SECRET);
  });

  it.each([
    `mysql://127.0.0.1:1/db;user=root;pwd=${SECRET}`,
    `mysql://127.0.0.1:1/db;passwd=${SECRET}`,
    `mysql://127.0.0.1:1/db;password%20=${SECRET}`,
    `postgres://root%3A${SECRET}%40127.0.0.1:1/db`,
  ])('a password in the host or path of a URL is not shown: %s', async (url) => {
    await makeLegacyFile(file, [{}]);
    const { code, stdout, stderr } = await commandLine.run(['import', file, '--to', url]);
    expect(code).toBe(1);
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it('the type of a column of a hostile file is not shown if it can control the terminal', async () => {
    const hostile = embeddedFile.connect(file);
    const columns = Object.keys(COLUMNS).map((name) => `${name} TEXT`);
    const escape = String.fromCharCode(27);
    await hostile.query(
      `CREATE TABLE server_sessions (${columns.join().replace('id TEXT', `id "${escape}[2J"`)})`,
    );
    await hostile.close();
    const { code, stdout, stderr } = await commandLine.run(['stats', '--storage', file]);
    expect(code).toBe(1);
    expect(stderr).toContain('id (another type)');
    expect(stdout + stderr).not.toContain(escape);
  });

  it.each([`${SECRET.repeat(7)}0=`, SECRET.repeat(7), SECRET.toLowerCase()])(
    'an encryption key in place of the name of its variable is not shown: %s',
    async (key) => {
      await makeLegacyFile(file, [{}]);
      const args = ['import', file, '--to', address.to, '--encryption-key-env', key];
      const { code, stdout, stderr } = await commandLine.run(args);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^error: The environment variable that --encryption-key-env names is not set/,
      );
      expect(stdout + stderr).not.toContain(key);
    },
  );

  it('the name of a variable that holds no encryption key is shown', async () => {
    await makeLegacyFile(file, [{}]);
    const args = ['import', file, '--to', address.to, '--encryption-key-env', 'NO_SUCH_KEY'];
    expect((await commandLine.run(args)).stderr).toMatch('The environment variable NO_SUCH_KEY,');
  });

  it.each([
    'a:b.sqlite',
    'x@y.sqlite',
    '2026-11-25T10:00.sqlite',
    '/no/x@y.sqlite',
    'C:\\x@y.sqlite',
  ])('the program accepts %s as a path, because it is one', async (name) => {
    const { stderr } = await commandLine.run(['stats', '--storage', name]);
    expect(stderr).toBe(`error: There is no file ${name}. Check the path.\n`);
  });

  it.each<[string, () => string[]]>([
    ['as --storage', () => ['stats', '--storage', file]],
    ['as the file of an import', () => ['import', file, '--to', address.to]],
    ['as the target of an import', () => ['import', address.to, '--to', file, '--apply']],
  ])('the program does not wait for a FIFO %s', async (_, args) => {
    await makeLegacyFile(address.to, [{}]);
    execFileSync('mkfifo', [file]);
    const { code, stderr } = await commandLine.run(args());
    expect(code).toBe(1);
    expect(stderr).toMatch(`${file} is not a regular file`);
  });

  const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';

  it('the import does not wait for an endless view in place of the old table', async () => {
    await address.sequelize.query(
      `CREATE VIEW Sessions AS ${ENDLESS} SELECT i AS id, '1' AS data, i AS expire, 0 AS createdAt, 0 AS updatedAt FROM n`,
    );
    const { code, stderr } = await commandLine.run(['import', address.to, '--to', file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no sessions of the package server-sessions/);
  });

  it.each(['stats', 'sweep'])('%s does not wait for an endless view', async (command) => {
    await address.open();
    const { tableName } = address;
    const columns = await address.select(`SELECT name FROM pragma_table_info('${tableName}')`);
    await address.sequelize.query(`DROP TABLE ${tableName}`);
    await address.sequelize.query(
      `CREATE VIEW ${tableName} AS ${ENDLESS} SELECT ${columns.map(({ name }) => `i AS ${String(name)}`).join(', ')} FROM n`,
    );
    const { code, stderr } = await commandLine.run([command, ...address.options]);
    expect(code).toBe(1);
    expect(stderr).toMatch(`There is no table ${tableName}`);
  });

  it('the import refuses an old file in UTF-16, which takes two user ids for one', async () => {
    await address.sequelize.query("PRAGMA encoding = 'UTF-16le'");
    await address.sequelize.query(LEGACY_TABLE);
    const { code, stderr } = await commandLine.run(['import', address.to, '--to', file, '--apply']);
    expect(code).toBe(1);
    expect(stderr).toContain(`${address.to} is in UTF-16le`);
  });

  it('the import reads rows whose numbers are out of range, or counts them', async () => {
    await makeLegacyFile(file, [
      { expire: '1e400' },
      { expire: '-1e400' },
      { expire: '-9223372036854775808' },
      { expire: '9223372036854775807' },
      { id: 'f3b1c2d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d'.repeat(1000) },
      { updatedAt: '-271821-04-20' },
      { updatedAt: '9'.repeat(1000) },
      { data: '"1e400"' },
    ]);
    const args = ['import', file, '--to', address.to, '--apply'];
    await expect(commandLine.json(args)).resolves.toMatchObject({
      total: 8,
      copied: 4,
      expired: 2,
      unreadable: 2,
    });
    const manager = await address.open({ tableName: 'server_sessions' });
    const renewed = await manager.listSessions('ann');
    expect(renewed).toHaveLength(4);
  });

  it('the import copies each row once, however large its number', async () => {
    await makeLegacyFile(file, [{}, {}, {}]);
    await address.sequelize.query(`ATTACH '${file}' AS old`);
    // The first odd numbers that JavaScript can't represent exactly.
    await address.sequelize.query(`UPDATE old.Sessions SET rowid = ${2 ** 53} - 1 + 2 * rowid`);
    await address.sequelize.query('DETACH old');
    const args = ['import', file, '--to', address.to, '--apply'];
    await expect(commandLine.json(args)).resolves.toMatchObject({ total: 3, copied: 3, known: 0 });
  });

  it.each([
    ['without numbers of its rows', `${LEGACY_TABLE} WITHOUT ROWID`],
    ['with a column that is named as they are', LEGACY_TABLE.replace(/\)$/, ", rowid AS ('x'))")],
  ])('the import refuses an old table %s', async (_, table) => {
    await address.sequelize.query(table);
    await address.sequelize.query(
      `INSERT INTO Sessions VALUES ('f3b1c2d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d', '1', ${Date.now() + HOUR}, 0, 0)`,
    );
    const { code, stderr } = await commandLine.run(['import', address.to, '--to', file, '--apply']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no sessions of the package server-sessions/);
    expect(stderr).not.toMatch(/SELECT|\n +at /);
  });

  it('the import ends at a damaged file whose row numbers do not rise', async () => {
    await makeLegacyFile(file, Array(250).fill({}));
    writeFileSync(file, withLastRowNumberedOne(readFileSync(file), 250));
    const { code, stderr } = await commandLine.run(['import', file, '--to', address.to]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file} can't be read as an SQLite database: it is damaged`);
  });

  it.each(['id', 'expire'])(
    'the import counts a row whose %s is too long for a string of JavaScript',
    async (column) => {
      await makeLegacyFile(file, [{}, { id: 'long' }]);
      await address.sequelize.query(`ATTACH '${file}' AS old`);
      await address.sequelize.query(
        `UPDATE old.Sessions SET ${column} = printf('%.*c', 540000000, 'x') WHERE id = 'long'`,
      );
      await address.sequelize.query('DETACH old');
      const args = ['import', file, '--to', address.to];
      await expect(commandLine.json(args)).resolves.toMatchObject({ total: 2, copied: 1 });
    },
  );

  it('stats counts a row whose date is too long for a string of JavaScript', async () => {
    const manager = await address.open();
    await manager.createSession('data');
    await address.sequelize.query(
      `UPDATE ${address.tableName} SET created_at = printf('%.*c', 540000000, 'x')`,
    );
    await expect(commandLine.json(['stats', ...address.options])).resolves.toMatchObject({
      live: 1,
      newest: null,
    });
  });

  it('a long argument of colons is refused in linear time', async () => {
    const start = performance.now();
    const { code, stderr } = await commandLine.run(['stats', '--storage', ':'.repeat(120_000)]);
    expect(performance.now() - start).toBeLessThan(8000);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: There is no file :/);
  });

  it.each([`app:50%${SECRET}@127.0.0.1:1/db`, `a%pp:${SECRET}@127.0.0.1:1/db`, '127.0.0.1:1/d%b'])(
    'the error for a URL with a bare %% says how to encode it: %s',
    async (rest) => {
      const { code, stderr } = await commandLine.run(['stats', '--url', `postgres://${rest}`]);
      expect(code).toBe(1);
      expect(stderr).toContain('must be percent-encoded: % as %25');
      expect(stderr).not.toContain(SECRET);
    },
  );

  it.each(['127.0.0.1/db', `redis://app:${SECRET}@127.0.0.1/0`, `postgres://app:${SECRET}@:1:x`])(
    'the error for a URL that can not be used shows how to write one: %s',
    async (url) => {
      const { code, stderr } = await commandLine.run(['stats', '--url', url]);
      expect(code).toBe(1);
      expect(stderr).toContain('Write it as postgres://user:password@host:5432/database, or');
      expect(stderr).not.toContain(SECRET);
    },
  );

  it('a password beside the example of a URL is not shown', async () => {
    const file = `postgres://user:password@host:5432/database,${SECRET}@db/app`;
    const args = ['reassign-owners', ...address.options, '--options', file];
    const { code, stderr } = await commandLine.run(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: The module postgres:/);
    expect(stderr).not.toContain(SECRET);
  });

  it('stats counts rows whose dates are out of range', async () => {
    const manager = await address.open();
    await manager.createSession('data');
    await address.sequelize.query(`UPDATE ${address.tableName} SET created_at = 9e18`);
    await expect(commandLine.json(['stats', ...address.options])).resolves.toMatchObject({
      live: 1,
      oldest: null,
      newest: null,
    });
  });

  it('sweep skips a row whose id is not a valid one', async () => {
    const manager = await address.open();
    await manager.createSession('one');
    await address.sequelize.query(
      `UPDATE ${address.tableName} SET id = CAST(x'ff' AS TEXT), expires_at = 0, sweep_after = 0`,
    );
    await manager.createSession('two');
    await address.sequelize.query(
      `UPDATE ${address.tableName} SET expires_at = 1, sweep_after = 1 WHERE expires_at > 0`,
    );
    const sweep = ['sweep', ...address.options];
    await expect(commandLine.json(sweep)).resolves.toEqual({
      removed: 1,
      ended: 0,
      interrupted: false,
    });
  });
});

/** Returns a file of SQLite in which the last of so many rows (128 to 255) has the number 1. */
function withLastRowNumberedOne(bytes: Buffer, last: number): Buffer {
  const changed = Buffer.from(bytes);
  const pageSize = bytes.readUInt16BE(16);
  const number = [0x80 | (last >> 7), last & 0x7f];
  for (let page = pageSize; page < bytes.length; page += pageSize) {
    const cells = bytes[page] === TABLE_LEAF ? bytes.readUInt16BE(page + 3) : 0;
    for (let cell = 0; cell < cells; cell++) {
      let at = page + bytes.readUInt16BE(page + 8 + 2 * cell);
      while (bytes[at]! >= 0x80) {
        at++;
      }
      // After the length of the row.
      if (bytes[at + 1] === number[0] && bytes[at + 2] === number[1]) {
        changed.set([0x80, 1], at + 1);
      }
    }
  }
  return changed;
}

/** The first byte of a page that holds rows. */
const TABLE_LEAF = 13;
