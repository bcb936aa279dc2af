import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionsModuleOptions } from 'nestjs-server-sessions';
import { z } from 'zod';
import { bearerOf } from '../support/http/responses.js';
import { actingController, type Act } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { reachableFrom } from '../support/objects/reachable-objects.js';

interface Visit {
  userId: string;
  since: Date;
  pages: { path: string }[];
}

const SINCE = new Date('2026-03-01T10:00:00.000Z');

const VISIT = z.object({
  userId: z.string(),
  since: z.coerce.date(),
  pages: z.array(z.object({ path: z.string() })),
});

describeAdapters((adapter) => {
  let app: TestApp<Visit>;
  let token: string;
  const { controller, does } = actingController<Visit>();

  const start = async (options: SessionsModuleOptions) => {
    app = await startApp(adapter, { controllers: [controller], options });
    token = await app.manager.createSession({
      userId: 'ann',
      since: SINCE,
      pages: [{ path: '/tea' }],
    });
  };
  afterEach(() => app.close());

  const act = (next: Act<Visit>) => {
    does(next);
    return app.http().post('/act').set('Authorization', bearerOf(token));
  };

  describe('CurrentSession with a schema and encryptionKeys', () => {
    beforeEach(() => start({ schema: VISIT, encryptionKeys: [randomBytes(32)] }));

    it('CurrentSession shows the same data before and after an update as a read does', async () => {
      const seen: unknown[] = [];
      await act(async (session) => {
        seen.push(session.data?.since);
        const updated = await session.update((data) => void (data.userId = 'ann'));
        seen.push(updated.since, session.data?.since);
      }).expect(200);
      expect(seen).toEqual([SINCE, SINCE, SINCE]);
    });

    it('data that does not fit the schema is a 500 without its content', async () => {
      const answer = await act((session) => session.update({ userId: 5 } as never));
      expect(answer.status).toBe(500);
      expect(answer.body).toMatchObject({ code: 'SESSION_DATA' });
    });
  });

  describe('freezing', () => {
    it('data is frozen for one request, and no object of the application or its schema is frozen', async () => {
      class Locale {
        readonly names = ['de'];
      }
      const given = { userId: 'ann', since: SINCE, pages: [{ path: '/' }] };
      const pages = [{ path: '/default' }];
      await start({
        schema: z
          .object({ userId: z.string(), since: z.coerce.date() })
          .transform((data) => ({ pages, locale: new Locale(), ...data })),
      });
      const seen: unknown[] = [];
      await act(async (session) => {
        seen.push(session.data);
        await session.start(given);
        seen.push(session.data, await session.update(given), session.data);
      }).expect(200);
      expect(seen.map((data) => Object.isFrozen(data))).toEqual([true, true, false, true]);
      for (const own of [given, given.pages, given.pages[0], given.since, pages, pages[0]]) {
        expect(Object.isFrozen(own)).toBe(false);
        expect(seen.flatMap((data) => [...reachableFrom(data)])).not.toContain(own);
      }
    });

    it('freezing follows cycles that a schema makes and leaves binary data unfrozen', async () => {
      let strange = false;
      const schema = z.any().transform((data) => {
        const made = strange ? { ...data, bytes: new Uint8Array(1) } : data;
        return strange ? Object.assign(made, { self: made }) : made;
      });
      await start({ schema });
      strange = true;
      let data: any;
      await act((session) => void (data = session.data)).expect(200);
      expect([data, data.self, data.pages].map((each) => Object.isFrozen(each))).not.toContain(
        false,
      );
      expect(data.self).toBe(data);
    });
  });

  describe('data that the schema itself has frozen', () => {
    it('data that a schema froze is frozen in depth, so that no change is silently lost', async () => {
      await start({ schema: VISIT.readonly() });
      const lost: unknown[] = [];
      await act(({ data }) => {
        for (const change of [
          () => (data!.userId = 'bob'),
          () => data!.pages.push({ path: '/' }),
          () => (data!.pages[0]!.path = '/'),
        ]) {
          try {
            change();
          } catch (error) {
            lost.push((error as Error).name);
          }
        }
      }).expect(200);
      expect(lost).toEqual(['TypeError', 'TypeError', 'TypeError']);
    });
  });
});
