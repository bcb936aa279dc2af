import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/sequelize';
import { init, SessionManager, SessionsModule } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import type { Harness } from '../support/docs/harness.js';
import { RecordingLogger } from '../support/applications/recording-logger.js';

const run = promisify(execFile);

/** Node runs these directly, as for users, with its real `require()` and the real end of the process. */
const printing =
  (expected: string): Harness =>
  ({ file }) => {
    it('the script runs in Node and ends', async () => {
      const { stdout } = await run(process.execPath, [file], { timeout: 20_000 });
      expect(stdout).toBe(expected);
    });
  };

const sessionLog: Harness = ({ load }) => {
  it('the session log records what happens', async () => {
    const { SessionLog } = await load<{ SessionLog: Type }>();
    const options = { storagePath: ':memory:' };
    @Module({ imports: [SessionsModule.forRoot(options)], providers: [SessionLog] })
    class AppModule {}
    const logger = new RecordingLogger();
    const app = await NestFactory.createApplicationContext(AppModule, { logger });
    const sessions = app.get(SessionManager);
    await sessions.removeSession(await sessions.createSession({ userId: 'ann' }));
    await app.close();
    const logged = logger.lines().filter((line) => line.includes('"type"'));
    expect(logged).toEqual([
      expect.stringContaining('"type":"created"'),
      expect.stringContaining('"type":"removed"'),
    ]);
  });
};

const endedWords: Harness = ({ load }) => {
  it('the password service ends all sessions of the user with its own word', async () => {
    const { PasswordService } = await load<{ PasswordService: Type }>();
    const sessions = await init({ storagePath: ':memory:' });
    const passwords = new PasswordService(sessions);
    const token = await sessions.createSession({ userId: 'ann' });
    const ofBob = await sessions.createSession({ userId: 'bob' });
    await passwords.changed('ann');
    await expect(sessions.retrieveSession(token)).rejects.toMatchObject({
      reason: 'password-changed',
    });
    await expect(sessions.retrieveSession(ofBob)).resolves.toEqual({ userId: 'bob' });
    await expect(passwords.history('ann')).resolves.toMatchObject([
      { id: token.split('.')[0], endReason: 'password-changed' },
    ]);
    await sessions.close();
  });
};

const encrypted: Harness = ({ load }) => {
  it('data is encrypted with the first of the keys in the environment', async () => {
    const keys = [1, 2].map(() => randomBytes(32).toString('base64url'));
    process.env['SESSION_KEYS'] = keys.join(',');
    const { EncryptedModule } = await load<{ EncryptedModule: Type }>();
    const app = await NestFactory.createApplicationContext(EncryptedModule, { logger: false });
    const token = await app.get(SessionManager).createSession({ basket: ['apple'] });
    const connection = app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'));
    const [rows] = await connection.query('SELECT data FROM server_sessions ORDER BY id DESC');
    expect(rows[0]).toEqual({ data: expect.stringMatching(/^enc1\./) });
    await app.close();
    const later = await init({ encryptionKeys: [keys[0]!] });
    await expect(later.retrieveSession(token)).resolves.toEqual({ basket: ['apple'] });
    await later.close();
  });
};

export const SCRIPT_HARNESSES: Readonly<Record<string, Harness>> = {
  script: printing("[ 'apple' ]\n"),
  'script-commonjs': printing(''),
  'schema-script': printing('1970\n'),
  'loose-schema': printing('true\n'),
  'encrypted.module': encrypted,
  'session-log': sessionLog,
  'ended-words': endedWords,
};
