import { describe } from '@jest/globals';
import { describeDatabases, SERVERS } from '../support/databases.js';
import { describeEveryCall } from '../support/every-call.js';

describe('a statement that fails', () => {
  describeDatabases(describeEveryCall, SERVERS);
});
