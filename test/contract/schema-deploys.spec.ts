import { afterEach, describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import { SessionDataError, type InitOptions, type SessionManager } from 'nestjs-server-sessions';
import * as v from 'valibot';
import { z } from 'zod';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

/** The data of the new version. */
interface User {
  userId: string;
  visits: number;
  mfa?: boolean;
}

/** Schemas of the version without `mfa`, and of the next one, as docs/data.md has them. */
const LOOSE: Readonly<Record<string, readonly [older: unknown, newer: unknown]>> = {
  zod: [
    z.looseObject({ userId: z.string(), visits: z.number() }),
    z.looseObject({ userId: z.string(), visits: z.number(), mfa: z.boolean().default(false) }),
  ],
  valibot: [
    v.looseObject({ userId: v.string(), visits: v.number() }),
    v.looseObject({ userId: v.string(), visits: v.number(), mfa: v.optional(v.boolean(), false) }),
  ],
  arktype: [
    type({ userId: 'string', visits: 'number' }),
    type({ userId: 'string', visits: 'number', mfa: 'boolean = false' }),
  ],
};

/** Schemas of the version without `mfa` that drop properties they do not know. */
const DROPPING: Readonly<Record<string, unknown>> = {
  zod: z.object({ userId: z.string(), visits: z.number() }),
  valibot: v.object({ userId: v.string(), visits: v.number() }),
  arktype: type({ userId: 'string', visits: 'number' }).onUndeclaredKey('delete'),
};

/** Schemas of the version without `mfa` that refuse properties they do not know. */
const REFUSING: Readonly<Record<string, unknown>> = {
  zod: z.strictObject({ userId: z.string(), visits: z.number() }),
  valibot: v.strictObject({ userId: v.string(), visits: v.number() }),
  arktype: type({ userId: 'string', visits: 'number' }).onUndeclaredKey('reject'),
};

describeDatabases((database) => {
  let sessions: TestSessions<User>;
  afterEach(() => sessions.close());

  /** Opens the new version, and the old one beside it. */
  const open = async (oldSchema: unknown, newSchema: unknown) => {
    const optionsOf = (schema: unknown) => ({ schema }) as InitOptions<User>;
    sessions = await openSessions<User>(database, optionsOf(newSchema));
    return { newer: sessions.manager, older: await sessions.another(optionsOf(oldSchema)) };
  };
  const visit = (manager: SessionManager<User>, token: string) =>
    manager.updateSession(token, (data) => {
      data.visits++;
    });

  describe.each(Object.entries(LOOSE))('schemas of %s', (library, [old, next]) => {
    it('a property that only the new version knows survives updates by the old version', async () => {
      const { newer, older } = await open(old, next);
      const token = await newer.createSession({ userId: 'ann', visits: 0, mfa: true });
      await visit(older, token);
      const rotated = await older.regenerateSession(token, {
        change: (data) => void data.visits++,
      });
      await expect(newer.retrieveSession(rotated)).resolves.toEqual({
        userId: 'ann',
        visits: 2,
        mfa: true,
      });
    });

    it('the new version gives data of the old one the default, side by side and after a rollback', async () => {
      const { newer, older } = await open(old, next);
      const token = await older.createSession({ userId: 'ann', visits: 0 });
      await expect(newer.retrieveSession(token)).resolves.toMatchObject({ mfa: false });
      await visit(newer, token);
      await expect(visit(older, token)).resolves.toMatchObject({ userId: 'ann', visits: 2 });
    });

    it('if the old version replaces the data, the new version reads the default of its property', async () => {
      const { newer, older } = await open(old, next);
      const token = await newer.createSession({ userId: 'ann', visits: 0, mfa: true });
      await older.updateSession(token, { userId: 'ann', visits: 1 });
      await expect(newer.retrieveSession(token)).resolves.toMatchObject({ mfa: false });
    });

    it('a schema that drops unknown properties loses that of the new version at an update', async () => {
      const { newer, older } = await open(DROPPING[library], next);
      const token = await newer.createSession({ userId: 'ann', visits: 0, mfa: true });
      await expect(older.retrieveSession(token)).resolves.toEqual({ userId: 'ann', visits: 0 });
      await expect(newer.retrieveSession(token)).resolves.toMatchObject({ mfa: true });
      await visit(older, token);
      await expect(newer.retrieveSession(token)).resolves.toMatchObject({ mfa: false });
    });

    it('a schema that refuses unknown properties makes sessions of the new version unreadable', async () => {
      const { newer, older } = await open(REFUSING[library], next);
      const token = await newer.createSession({ userId: 'ann', visits: 0, mfa: true });
      await expect(older.retrieveSession(token)).rejects.toThrow(SessionDataError);
      await expect(newer.retrieveSession(token)).resolves.toMatchObject({ mfa: true });
    });
  });
});
