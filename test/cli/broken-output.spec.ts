import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { addressIn, type Address } from '../support/cli/addresses.js';
import { openBrokenPipe, useCommandLine } from '../support/cli/command-line.js';
import { embeddedFile } from '../support/databases/databases.js';
import { addExpiredRows } from '../support/databases/many-rows.js';
import { makeLegacyFile, type LegacySession } from '../support/sessions/legacy-file.js';

describe('an output that can not be written', () => {
  const commandLine = useCommandLine();
  let address: Address;
  let output: number;

  beforeEach(async () => {
    address = addressIn(embeddedFile);
    await address.open();
  });
  afterEach(async () => {
    closeSync(output);
    await address.remove();
  });

  const breakPipe = () => (output = openBrokenPipe(join(address.folder, 'pipe')));
  const fill = () => (output = openSync('/dev/full', 'w'));

  const countRows = async () => {
    const [row] = await address.select(`SELECT COUNT(*) AS count FROM ${address.tableName}`);
    return Number(row!['count']);
  };

  const FULL = { code: 1, stderr: expect.stringMatching(/^error: The output .*ENOSPC.*\n$/) };
  const COMMANDS: [string, () => string[]][] = [
    ['stats', () => ['stats', ...address.options, '--json']],
    ['sweep', () => ['sweep', ...address.options]],
    ['migration', () => ['migration', '--for', 'umzug', '--dialect', 'sqlite']],
    ['the help', () => ['--help']],
  ];

  it.each(COMMANDS)('whose reader has gone ends %s quietly', async (_, args) => {
    const result = await commandLine.runInto(breakPipe(), args());
    expect(result).toMatchObject({ code: 141, stderr: '' });
  });

  it.each(COMMANDS)('on a full disk ends %s with an error', async (_, args) => {
    expect(await commandLine.runInto(fill(), args())).toMatchObject(FULL);
  });

  it('whose reader has gone ends a sweep after its current batch', async () => {
    await addExpiredRows(address, 50_000);
    const sweep = ['sweep', ...address.options, '--retention', '0'];
    const result = await commandLine.runInto(breakPipe(), sweep);
    expect(result).toMatchObject({ code: 141, stderr: '' });
    const left = await countRows();
    expect(left).toBeGreaterThan(0);
    expect(left % 1000).toBe(0);
    await expect(commandLine.json(sweep)).resolves.toMatchObject({ removed: left });
  });

  it('on a full disk ends a sweep after its current batch, with an error', async () => {
    await addExpiredRows(address, 50_000);
    const sweep = ['sweep', ...address.options, '--retention', '0'];
    expect(await commandLine.runInto(fill(), sweep)).toMatchObject(FULL);
    expect(await countRows()).toBeGreaterThan(0);
  });

  it('whose reader has gone ends an import, which can be continued', async () => {
    const old = join(address.folder, 'old.sqlite');
    await makeLegacyFile(old, Array<LegacySession>(1000).fill({}));
    const args = ['import', old, '--to', address.to, '--table', address.tableName, '--apply'];
    const result = await commandLine.runInto(breakPipe(), args);
    expect(result).toMatchObject({ code: 141, stderr: '' });
    const copied = await countRows();
    expect(copied).toBeLessThan(1000);
    await expect(commandLine.json(args)).resolves.toMatchObject({
      copied: 1000 - copied,
      known: copied,
    });
  });

  it('does not hide a failure of the command', async () => {
    const args = ['import', resolve('package.json'), '--to', address.to];
    const result = await commandLine.runInto(breakPipe(), args);
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: .*package.json .*\n$/),
    });
  });

  it.each<[string, number, string[]]>([
    ['a failure', 1, ['stats', '--storage', 'none.sqlite']],
    ['wrong usage', 2, ['stats']],
  ])('for errors leaves the exit code of %s', async (_, code, args) => {
    await expect(commandLine.runInto(fill(), args, 'stderr')).resolves.toMatchObject({ code });
  });
});
