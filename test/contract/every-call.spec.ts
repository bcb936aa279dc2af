import { describe } from '@jest/globals';
import { describeDatabases, embeddedFile } from '../support/databases/databases.js';
import { describeEveryCall } from '../support/faults/every-call.js';

// These take longer on the servers, so `npm run test:faults` runs them there.
describe('a statement that fails', () => {
  describeDatabases(describeEveryCall, [embeddedFile]);
});
