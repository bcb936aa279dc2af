import { expect, it } from '@jest/globals';
import { Injectable, Module, type OnModuleDestroy, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OnEvent } from '@nestjs/event-emitter';
import { SequelizeModule } from '@nestjs/sequelize';
import { SessionManager, SessionsModule, type SessionEvent } from 'nestjs-server-sessions';
import type { ModelCtor } from 'sequelize-typescript';
import { eventually } from '../support/promises/eventually.js';
import {
  describeAdapters,
  describeUris,
  withOwnDatabase,
  withServer,
  type Harness,
} from '../support/docs/harness.js';
import { VisitorController, WhoController } from '../support/docs/visitor.controller.js';
import { RecordingLogger } from '../support/applications/recording-logger.js';

/** A listener of the application. */
@Injectable()
class Received {
  readonly events: SessionEvent[] = [];

  @OnEvent('session.*')
  on(event: SessionEvent): void {
    this.events.push(event);
  }
}

interface EventsSnippet {
  readonly SessionEventsModule: Type;
  readonly SessionEventBridge: Type<OnModuleDestroy>;
}

const sessionEvents: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('listeners get a login and a logout until the application ends', async () => {
      const { SessionEventsModule, SessionEventBridge } = await load<EventsSnippet>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' }), SessionEventsModule],
        controllers: [VisitorController, WhoController],
        providers: [Received],
      })
      class AppModule {}
      const logger = new RecordingLogger();
      await withServer(
        AppModule,
        adapter(),
        async (client, _, app) => {
          const { events } = app.get(Received);
          await client('POST', '/login');
          const { id } = (await client('GET', '/who')).body;
          await client('POST', '/logout');
          const at = expect.any(Date);
          expect(events).toEqual([
            { type: 'created', id, userId: 'ann', at },
            { type: 'removed', id, reason: 'logout', at },
          ]);
          expect(logger.lines()).toContain(`Session ${id} ended: logout SignOuts`);
          await app.get(SessionEventBridge).onModuleDestroy();
          await client('POST', '/login');
          expect(events).toHaveLength(2);
        },
        logger,
      );
    });
  });
};

interface RightsSnippet {
  readonly RightsCache: Type<{
    get(id: string): string[] | undefined;
    set(id: string, token: string, rights: string[]): void;
  }>;
}

const rightsCache: Harness = ({ load }) => {
  it('the cache forgets the rights of a session that ends', async () => {
    const { RightsCache } = await load<RightsSnippet>();
    @Module({
      imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
      providers: [RightsCache],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    try {
      const [sessions, cache] = [app.get(SessionManager), app.get(RightsCache)];
      const token = await sessions.createSession({ userId: 'ann' });
      const { id } = await sessions.inspectSession(token);
      cache.set(id, token, ['read']);
      cache.set(id, token, ['read', 'write']);
      expect(cache.get(id)).toEqual(['read', 'write']);
      await sessions.removeUserSessions('ann');
      expect(cache.get(id)).toBeUndefined();
      cache.set(id, token, ['late']);
      await eventually(async () => expect(cache.get(id)).toBeUndefined());
    } finally {
      await app.close();
    }
  });
};

interface AuditSnippet {
  readonly SessionAuditModule: Type;
  readonly SessionAudit: ModelCtor;
}

const sessionAudit: Harness = ({ load }) => {
  describeUris((server) => {
    it('the audit log records logins, evictions and forced logouts', () =>
      withOwnDatabase(server, async (uri) => {
        const { SessionAuditModule, SessionAudit } = await load<AuditSnippet>(server.name);
        @Module({
          imports: [
            SequelizeModule.forRoot({ uri, logging: false, models: [SessionAudit] }),
            SessionsModule.forRoot({ connection: 'default', maxSessionsPerUser: 1 }),
            SessionAuditModule,
          ],
        })
        class AppModule {}
        const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
        try {
          await SessionAudit.sync();
          const sessions = app.get(SessionManager);
          const create = async () =>
            sessions.inspectSession(await sessions.createSession({ userId: 'ann' }));
          const [first, second] = [await create(), await create()];
          await sessions.removeUserSessions('ann');
          const rows = await eventually(async () => {
            const found = await SessionAudit.findAll({ raw: true });
            expect(found).toHaveLength(4);
            return found;
          });
          const row = (type: string, sessionId: string, reason: string | null = null) =>
            expect.objectContaining({
              type,
              reason,
              sessionId,
              userId: 'ann',
              at: expect.anything(),
            });
          expect(rows).toEqual(
            expect.arrayContaining([
              row('created', first.id),
              row('evicted', first.id),
              row('created', second.id),
              row('removed', second.id, 'by-user'),
            ]),
          );
        } finally {
          await app.close();
        }
      }));
  });
};

export const EVENT_HARNESSES: Readonly<Record<string, Harness>> = {
  'rights-cache': rightsCache,
  'session-events.module': sessionEvents,
  'session-audit.module': sessionAudit,
};
