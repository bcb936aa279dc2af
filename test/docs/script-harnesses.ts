import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionManager, SessionsModule } from 'nestjs-server-sessions';
import { RecordingLogger } from '../support/recording-logger.js';
import type { Harness } from '../support/docs/harness.js';

const run = promisify(execFile);

/** Node runs these by itself, as users would: `require()` is its own, and so is the end of the process. */
const printing =
  (expected: string): Harness =>
  ({ file }) => {
    it('runs in Node and ends', async () => {
      const { stdout } = await run(process.execPath, [file], { timeout: 20_000 });
      expect(stdout).toBe(expected);
    });
  };

const sessionLog: Harness = ({ load }) => {
  it('logs what happens', async () => {
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

export const SCRIPT_HARNESSES: Readonly<Record<string, Harness>> = {
  script: printing("[ 'apple' ]\n"),
  'script-commonjs': printing(''),
  'session-log': sessionLog,
};
