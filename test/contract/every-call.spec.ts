import { describe } from '@jest/globals';
import { describeDatabases, EMBEDDED_FILES } from '../support/databases/databases.js';
import { describeEveryCall } from '../support/faults/every-call.js';

// These take longer on the servers, so `npm run test:faults` runs them there.
describe('a statement that fails', () => {
  describeDatabases(describeEveryCall, EMBEDDED_FILES);
});
