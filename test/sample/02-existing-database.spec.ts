import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AppModule } from '../../sample/02-existing-database/src/app.module.js';
import { migrate } from '../../sample/02-existing-database/src/database.js';
import { migrationCommand } from '../../lib/cli/commands/migration.command.js';
import { describeDatabases, SERVERS } from '../support/databases/databases.js';
import { describeAdapters, withOwnDatabase, withServer } from '../support/docs/harness.js';
import { ROOT } from '../support/docs/snippets.js';
import { INVALID_NAMES } from '../support/applications/invalid-names.js';

const MIGRATIONS = join(ROOT, 'sample/02-existing-database/migrations');
const NAME = '2026.11.25T12.00.00.create-server_sessions.mjs';

const databases = SERVERS.filter(({ name }) => name === 'PostgreSQL' || name === 'MariaDB');

describeDatabases((database) => {
  describeAdapters((adapter) => {
    it('users and their sessions are kept in one database, created by migrations', () =>
      withOwnDatabase(database, async () => {
        await migrate();
        await migrate();
        await withServer(AppModule, adapter(), async (ann, newClient) => {
          expect(await ann('GET', '/me')).toMatchObject({ status: 401 });
          const [phone, ben] = [newClient(), newClient()];
          await ann('POST', '/login', { name: 'ann' });
          await phone('POST', '/login', { name: 'ann' });
          await ben('POST', '/login', { name: 'ben' });
          expect(await ann('GET', '/me')).toMatchObject({ status: 200, body: { name: 'ann' } });
          expect((await ben('GET', '/signed-in')).body).toEqual([
            { name: 'ann', devices: 2 },
            { name: 'ben', devices: 1 },
          ]);
          expect(await ann('POST', '/logout')).toMatchObject({ status: 204 });
          expect(await ann('GET', '/me')).toMatchObject({ status: 401 });
          expect((await ben('GET', '/signed-in')).body[0]).toEqual({ name: 'ann', devices: 1 });
        });
      }));

    it.each(INVALID_NAMES)('a login %s is refused', (_, form) =>
      withOwnDatabase(database, async () => {
        await migrate();
        await withServer(AppModule, adapter(), async (ann, newClient) => {
          await ann('POST', '/login', { name: 'ann' });
          const stranger = newClient();
          expect(await stranger('POST', '/login', form)).toMatchObject({ status: 400 });
          expect(await stranger('GET', '/me')).toMatchObject({ status: 401 });
        });
      }),
    );
  });
}, databases);

describe('the migrations of the session table', () => {
  afterEach(() => void jest.restoreAllMocks());

  it.each(['postgres', 'mariadb'])(
    'the migrations equal the output of the command for %s',
    async (dialect) => {
      let printed = '';
      jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
        printed += String(text);
        return true;
      });
      const flags = ['--for', 'umzug', '--dialect', dialect];
      await migrationCommand().parseAsync(flags, { from: 'user' });
      expect(readFileSync(join(MIGRATIONS, dialect, NAME), 'utf8')).toBe(printed);
    },
  );
});
