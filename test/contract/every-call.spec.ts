import { describe } from '@jest/globals';
import { describeDatabases, embeddedFile } from '../support/databases/databases.js';
import { describeEveryCall } from '../support/faults/every-call.js';

// On the servers these take longer: `npm run test:faults`.
describe('a statement that fails', () => {
  describeDatabases(describeEveryCall, [embeddedFile]);
});
