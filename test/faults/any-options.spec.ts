import { it } from '@jest/globals';
import { expectSafeStarts } from '../support/applications/safe-starts.js';
import { SIZES } from './strangers.sizes.js';

it(`an application starts safely with each of ${SIZES.optionSets} sets of options, or says what is wrong`, async () => {
  await expectSafeStarts(SIZES.optionSets);
});
