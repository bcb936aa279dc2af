import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionDataError, type InitOptions, type SessionManager } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

interface Shop {
  userId: string;
  basket: string[];
}

const keys = [randomBytes(32).toString('base64url')];

/** The deploys by which encryption is turned on; in the reverse order, it is turned off. */
const STEPS = {
  plain: {},
  reads: { encryptionKeys: { encrypt: false, keys } },
  encrypts: { encryptionKeys: keys },
} satisfies Record<string, InitOptions>;

type Step = keyof typeof STEPS;

const ORDER: readonly Step[] = ['plain', 'reads', 'encrypts'];

/** Two deploys one after the other, in both directions. */
const NEIGHBOURS: [Step, Step][] = [
  ['plain', 'reads'],
  ['reads', 'encrypts'],
  ['encrypts', 'reads'],
  ['reads', 'plain'],
];

describeDatabases((database) => {
  let sessions: TestSessions<Shop>;
  let at: Record<Step, SessionManager<Shop>>;

  beforeEach(async () => {
    sessions = await openSessions<Shop>(database);
    const [plain, reads, encrypts] = await Promise.all(
      ORDER.map((step) => sessions.another(STEPS[step])),
    );
    at = { plain: plain!, reads: reads!, encrypts: encrypts! };
  });
  afterEach(() => sessions.close());

  const isEncrypted = async (token: string) => {
    const [row] = await sessions.select(
      `SELECT data FROM ${sessions.tableName} WHERE id = '${token.split('.')[0]}'`,
    );
    return (row!['data'] as string).startsWith('enc1.');
  };
  const create = (step: Step) => at[step].createSession({ userId: 'ann', basket: [] });
  const add = (step: Step, token: string, product: string) =>
    at[step].updateSession(token, ({ basket }) => void basket.push(product));

  describe('encryption is turned on and off step by step', () => {
    it.each(NEIGHBOURS)(
      'replicas of the steps %s and %s use the same sessions side by side',
      async (before, after) => {
        // The sessions of the step before are all that a rolling deploy can meet, besides its own.
        for (const creator of [before, after]) {
          const token = await create(creator);
          for (const [index, step] of [before, after, before, after].entries()) {
            const { basket } = await add(step, token, `${index}`);
            expect(basket).toHaveLength(index + 1);
          }
          for (const step of [before, after]) {
            const { basket } = await at[step].retrieveSession(token);
            expect(basket).toEqual(['0', '1', '2', '3']);
          }
        }
      },
    );

    it('a rollback from the step encrypts to the step reads loses no session and no data', async () => {
      const token = await create('encrypts');
      await add('encrypts', token, 'tea');
      expect(await isEncrypted(token)).toBe(true);
      await expect(at.reads.retrieveSession(token)).resolves.toEqual({
        userId: 'ann',
        basket: ['tea'],
      });
    });

    it('a replica that only reads stores plain JSON for new sessions, updates and changes at rotation', async () => {
      expect(await isEncrypted(await create('reads'))).toBe(false);
      const writes: ((token: string) => Promise<unknown>)[] = [
        (token) => add('reads', token, 'tea'),
        (token) => at.reads.updateSession(token, { userId: 'ann', basket: ['tea'] }),
        (token) => at.reads.regenerateSession(token, { change: (data) => data }),
      ];
      for (const write of writes) {
        const token = await create('encrypts');
        await write(token);
        expect(await isEncrypted(token)).toBe(false);
      }
    });

    it('a replica that only reads keeps encrypted data that it does not write', async () => {
      const token = await create('encrypts');
      await at.reads.renewSession(token);
      expect(await isEncrypted(token)).toBe(true);
      const newer = await at.reads.regenerateSession(token);
      expect(await isEncrypted(newer)).toBe(true);
      await expect(at.reads.retrieveSession(newer)).resolves.toMatchObject({ userId: 'ann' });
    });

    it('a replica without keys refuses what another encrypts, so that a step must not be left out', async () => {
      const token = await create('encrypts');
      await expect(at.plain.retrieveSession(token)).rejects.toThrow(SessionDataError);
      await add('reads', token, 'tea');
      await expect(at.plain.retrieveSession(token)).resolves.toMatchObject({ basket: ['tea'] });
    });
  });
});
