import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionManager } from 'nestjs-server-sessions';
import supertest from 'supertest';
import type { Harness } from '../support/docs/harness.js';

export const DEVICE_HARNESSES: Readonly<Record<string, Harness>> = {
  'device-bound': ({ load }) => {
    it('refuses a transfer with a session that is not bound', async () => {
      const { BankModule } = (await load()) as { BankModule: Type };
      const app = await NestFactory.create(BankModule, { logger: false });
      await app.init();
      try {
        const token = await app.get(SessionManager).createSession({ userId: 'ada' });
        const { status, body } = await supertest(app.getHttpServer())
          .post('/transfers')
          .set('Cookie', `__Host-id=${token}`);
        expect([status, body.code]).toEqual([403, 'SESSION_UNBOUND']);
      } finally {
        await app.close();
      }
    });
  },
};
