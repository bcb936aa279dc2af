import { expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/sequelize';
import { init, SessionsModule, type SessionManager } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { bringBack, takeAway } from '../support/faults/outage.js';

const health: Harness = (snippet) => {
  describeAdapters((adapter) => {
    it('the health route is up while sessions can be read', async () => {
      const { HealthModule } = await snippet.load<{ HealthModule: Type }>();

      @Module({ imports: [SessionsModule.forRoot({ storagePath: ':memory:' }), HealthModule] })
      class AppModule {}

      await withServer(AppModule, adapter(), async (ask, _, app) => {
        const connection = app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'), {
          strict: false,
        });
        expect(await ask('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
        await takeAway(connection);
        expect(await ask('GET', '/health')).toMatchObject({
          status: 503,
          body: { error: { sessions: { status: 'down', reason: 'rejected' } } },
        });
        await bringBack(connection);
        expect(await ask('GET', '/health')).toMatchObject({ status: 200 });
      });
    });
  });
};

const readiness: Harness = (snippet) => {
  it('the application is ready until its manager is closed', async () => {
    const { isReady } = await snippet.load<{
      isReady: (sessions: SessionManager) => Promise<boolean>;
    }>();
    const manager = await init({ storagePath: ':memory:' });
    expect(await isReady(manager)).toBe(true);
    await manager.close();
    expect(await isReady(manager)).toBe(false);
  });
};

/** The harnesses of docs/observing.md. */
export const OBSERVING_HARNESSES: Readonly<Record<string, Harness>> = {
  'health.module': health,
  readiness,
};
