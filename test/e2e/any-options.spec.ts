import { it } from '@jest/globals';
import { expectSafeStarts } from '../support/applications/safe-starts.js';

it('an application starts safely with any options, or reports what is wrong with them', async () => {
  await expectSafeStarts(100);
});
