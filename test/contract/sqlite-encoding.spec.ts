import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  init,
  SessionsConfigurationError,
  SessionsModule,
  type InitOptions,
} from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { ADAPTERS, startApp, startError } from '../support/applications/applications.js';
import { describeDatabases, EMBEDDED_FILES, IN_MEMORY } from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

const ENCODINGS = ['UTF-16le', 'UTF-16be'];

describeDatabases(
  (database) => {
    const isFile = EMBEDDED_FILES.includes(database);
    let folder: string;
    let path: string;
    let connection: Sequelize;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'sessions-'));
      path = join(folder, 'app.sqlite');
      connection = database.connect(isFile ? path : ':memory:');
    });
    afterEach(async () => {
      await connection.close();
      rmSync(folder, { recursive: true });
    });

    const createIn = async (encoding: string) => {
      await connection.query(`PRAGMA encoding = '${encoding}'`);
      await connection.query('CREATE TABLE users (name TEXT)');
    };
    const expectRefusal = (error: unknown, encoding: string) => {
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      const { message } = error as Error;
      expect(message).toContain(`the SQLite database is in ${encoding}`);
      expect(message).toContain('Use a new database');
    };
    const expectRefusedStart = async (place: InitOptions, encoding: string) => {
      expectRefusal(await rejectionOf(init(place)), encoding);
      const error = await startError(() =>
        startApp(ADAPTERS[0]!, { sessions: SessionsModule.forRoot(place) }),
      );
      expectRefusal(error, encoding);
    };

    it.each(ENCODINGS)(
      'an SQLite database in %s is refused at start, since it takes two user ids for one',
      async (encoding) => {
        await createIn(encoding);
        await expectRefusedStart({ connection }, encoding);
        if (isFile) {
          // Another copy of SQLite may not have the file open.
          await connection.close();
          await expectRefusedStart({ storagePath: path, ...database.driver }, encoding);
          connection = database.connect(path);
        }
      },
    );

    it('an SQLite database in UTF-8 starts and tells U+FFFD, U+FFFE and U+FFFF apart', async () => {
      await createIn('UTF-8');
      const manager = await init({ connection });
      const userIds = ['\ufffd', '\ufffe', '\uffff'].map((character) => `ann${character}`);
      for (const userId of userIds) {
        await manager.createSession({ userId });
      }
      for (const userId of userIds) {
        await expect(manager.listSessions(userId)).resolves.toHaveLength(1);
        await expect(manager.removeUserSessions(userId)).resolves.toBe(1);
      }
      await manager.close();
    });
  },
  [...EMBEDDED_FILES, ...IN_MEMORY],
);
