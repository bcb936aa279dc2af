import { it } from '@jest/globals';
import { embeddedFile } from '../support/databases/databases.js';
import { expectSmoothTraffic } from '../support/processes/traffic.js';
import { SIZES } from './sizes.js';

const { seconds, options } = SIZES;

it(`no caller gets SQLITE_BUSY in ${seconds} s of mixed load from 8 processes on one file`, async () => {
  await expectSmoothTraffic(embeddedFile, { processes: 8, seconds, options });
});
