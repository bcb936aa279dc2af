import { it } from '@jest/globals';
import { describeShared } from '../support/databases/shared-databases.js';
import { expectSmoothTraffic } from '../support/processes/traffic.js';
import { SIZES } from './sizes.js';

const { seconds, options } = SIZES;

describeShared((database) => {
  it(`no caller gets an error of the database in ${seconds} s of mixed load from 4 processes`, async () => {
    await expectSmoothTraffic(database, { processes: 4, seconds, options });
  });
});
