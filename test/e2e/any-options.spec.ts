import { it } from '@jest/globals';
import { expectSafeStarts } from '../support/any-options.js';

it('an application starts safely with any options, or says what is wrong with them', async () => {
  await expectSafeStarts(100);
});
