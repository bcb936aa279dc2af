import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeShared } from '../support/databases/shared-databases.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { inGroups } from '../support/promises/in-groups.js';
import { jsonDocument } from '../support/arbitraries/json-documents.js';
import { SIZES } from './strangers.sizes.js';

const KEYS = { plain: undefined, encrypted: [randomBytes(32)] };

describeShared((database) => {
  describe.each(Object.entries(KEYS))('%s', (_, encryptionKeys) => {
    let sessions: TestSessions;

    beforeAll(async () => {
      sessions = await openSessions(database, { encryptionKeys, ...SIZES.options });
    });
    afterAll(() => sessions.close());

    it(`${SIZES.documents / 2} random documents come back byte for byte after a creation and an update`, async () => {
      const { manager } = sessions;
      const documents = fc.sample(jsonDocument, { numRuns: SIZES.documents / 2, seed: 3 });
      const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
      await inGroups(documents, 50, async (document, index) => {
        const other = documents[documents.length - 1 - index];
        const token = await manager.createSession(document);
        expect(JSON.stringify(await manager.retrieveSession(token))).toBe(JSON.stringify(document));
        await manager.updateSession(token, other);
        expect(JSON.stringify(await manager.retrieveSession(token))).toBe(JSON.stringify(other));
      });
      expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(before);
    });
  });
});
