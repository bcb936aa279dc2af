import { describe, expect, it } from '@jest/globals';
import { TestClock } from 'nestjs-server-sessions/testing';

describe('the clock of a test', () => {
  it('the clock of a test shows the current time until it is moved', () => {
    const before = Date.now();
    const clock = new TestClock();
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(clock.now()).toBeLessThanOrEqual(Date.now());
    const start = clock.now();
    clock.advance(1000);
    expect(clock.now()).toBe(start + 1000);
  });

  it('the clock of a test starts at the time that it gets, and moves back too', () => {
    const clock = new TestClock(new Date('2026-01-01'));
    clock.advance(-2000);
    expect(new Date(clock.now()).toISOString()).toBe('2025-12-31T23:59:58.000Z');
    expect(new TestClock(1000).now()).toBe(1000);
  });

  it('the clock of a test refuses what is no time', () => {
    expect(() => new TestClock(new Date('never'))).toThrow(
      'start must be a number of milliseconds',
    );
    const clock = new TestClock();
    expect(() => clock.advance('1d' as never)).toThrow('must be a number of milliseconds');
  });
});
