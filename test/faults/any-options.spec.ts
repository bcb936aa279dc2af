import { it } from '@jest/globals';
import { expectSafeStarts } from '../support/any-options.js';
import { SIZES } from './strangers.sizes.js';

it(`an application starts safely with each of ${SIZES.optionSets} sets of options, or says what is wrong`, async () => {
  await expectSafeStarts(SIZES.optionSets);
});
