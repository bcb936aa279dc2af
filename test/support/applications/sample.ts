import { afterEach, beforeEach } from '@jest/globals';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';

/** A sample that a test uses. */
export interface RunningSample {
  readonly app: INestApplication;
  readonly url: string;
}

/**
 * Starts a sample before each test of a `describe`, with its sessions in memory, and closes it afterwards.
 *
 * @param configure what the sample's main.ts does before it listens
 */
export function useSample(
  module: Type,
  adapter: () => AbstractHttpAdapter,
  configure: (app: INestApplication) => void = () => {},
): RunningSample {
  const sample = {} as { app: INestApplication; url: string };
  beforeEach(async () => {
    process.env['STORAGE_PATH'] = ':memory:';
    sample.app = await NestFactory.create(module, adapter(), { logger: false });
    configure(sample.app);
    await sample.app.listen(0, '127.0.0.1');
    sample.url = await sample.app.getUrl();
  });
  afterEach(async () => {
    await sample.app.close();
    delete process.env['STORAGE_PATH'];
  });
  return sample;
}
