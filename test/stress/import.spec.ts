import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SessionNotFoundError } from 'nestjs-server-sessions';
import { addressIn, describeAddresses, type Address } from '../support/cli/addresses.js';
import { DATABASES } from '../support/databases/databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { legacyTokenOf, makeLargeLegacyFile } from '../support/sessions/legacy-file.js';
import { SIZES } from './sizes.js';

const { importedRows } = SIZES;
const MEBIBYTE = 1024 * 1024;

/** Number of progress lines, out of ten, after which the import is killed each time. */
const KILLS = [1, 3];

describeAddresses(
  (database) => {
    let address: Address;
    let file: string;
    let child: ChildProcessWithoutNullStreams | undefined;

    beforeEach(async () => {
      address = addressIn(database);
      file = join(address.folder, 'old.sqlite');
      await makeLargeLegacyFile(file, importedRows);
    });
    afterEach(async () => {
      child?.kill('SIGKILL');
      await address.remove();
    });

    function start(...more: string[]): ChildProcessWithoutNullStreams {
      child = spawn(process.execPath, [
        '--require',
        resolve('test/support/processes/peak-memory.cjs'),
        resolve('dist/cli/main.js'),
        'import',
        file,
        '--to',
        address.to,
        '--table',
        address.tableName,
        '--apply',
        ...more,
      ]);
      return child;
    }

    async function killAfter(lines: number): Promise<void> {
      const running = start();
      let seen = 0;
      for await (const line of createInterface({ input: running.stdout })) {
        seen += line.startsWith('Processed') ? 1 : 0;
        if (seen === lines) {
          running.kill('SIGKILL');
        }
      }
      expect(seen).toBeGreaterThanOrEqual(lines);
    }

    async function finish(): Promise<{ result: Record<string, number>; memory: number }> {
      const running = start('--json');
      const output = { stdout: '', stderr: '' };
      running.stdout.on('data', (chunk) => (output.stdout += String(chunk)));
      running.stderr.on('data', (chunk) => (output.stderr += String(chunk)));
      const [code] = await once(running, 'close');
      expect({ code, ...output }).toMatchObject({ code: 0 });
      return { result: JSON.parse(output.stdout), memory: Number(output.stderr) };
    }

    const count = async (table: string) => {
      const [row] = await address.select(`SELECT COUNT(*) AS count FROM ${table}`);
      return Number(row!['count']);
    };

    it(`an import of ${importedRows} sessions loses and duplicates none when it is killed, in little memory`, async () => {
      for (const lines of KILLS) {
        await killAfter(lines);
      }
      const sessions = await address.open({ acceptLegacyTokens: true });
      const ended = legacyTokenOf(1);
      await sessions.retrieveSession(ended);
      await sessions.removeSession(ended);
      const before = await count(address.tableName);

      const begin = performance.now();
      const { result, memory } = await finish();
      const seconds = (performance.now() - begin) / 1000;

      printTable(`The end of an import of ${importedRows} sessions to ${database.name}`, [
        {
          'there after two kills': before,
          copied: result['copied']!,
          seconds: seconds.toFixed(0),
          'most memory': `${(memory / MEBIBYTE).toFixed(0)} MiB`,
        },
      ]);
      expect(result).toMatchObject({
        total: importedRows,
        copied: importedRows - before - 1,
        known: before + 1,
      });
      expect(await count(address.tableName)).toBe(importedRows - 1);
      expect(await count(`${address.tableName}_imported`)).toBe(importedRows);
      const owners = await address.select(
        `SELECT COUNT(DISTINCT user_id) AS owners FROM ${address.tableName}`,
      );
      expect(Number(owners[0]!['owners'])).toBe(importedRows - 1);
      await expect(sessions.retrieveSession(ended)).rejects.toThrow(SessionNotFoundError);
      await expect(sessions.retrieveSession(legacyTokenOf(importedRows))).resolves.toMatchObject({
        userId: importedRows,
      });
      expect(memory).toBeLessThan(150 * MEBIBYTE);
    });
  },
  DATABASES.filter(({ name }) => ['SQLite file', 'PostgreSQL', 'MariaDB'].includes(name)),
);
