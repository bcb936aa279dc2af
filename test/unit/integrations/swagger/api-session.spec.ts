import { describe, expect, it } from '@jest/globals';
import { ApiSession } from 'nestjs-server-sessions/swagger';

describe('the decorator for OpenAPI', () => {
  it('the decorator for OpenAPI refuses a use that does not exist', () => {
    expect(() => ApiSession('write' as never)(class {})).toThrow(
      '@ApiSession() has no use "write". Known: read, optional, start, update, fresh, end.',
    );
  });
});
