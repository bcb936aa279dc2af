import { describe } from '@jest/globals';
import { describeDatabases, SERVERS } from '../support/databases/databases.js';
import { describeEveryCall } from '../support/faults/every-call.js';

describe('a statement that fails', () => {
  describeDatabases(describeEveryCall, SERVERS);
});
