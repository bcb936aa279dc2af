import { it } from '@jest/globals';
import { expectSafeStarts } from '../support/applications/safe-starts.js';
import { SIZES } from './strangers.sizes.js';

it(`an application with each of ${SIZES.optionSets} sets of options starts safely or reports what is wrong`, async () => {
  await expectSafeStarts(SIZES.optionSets);
});
