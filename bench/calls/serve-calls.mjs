import { rate } from '../measure/rate.mjs';
import { serve } from '../process/serve.mjs';

/**
 * Makes this process a contender whose calls can be measured: functions by name, each of which gets the number of the
 * call.
 */
export function serveCalls(prepare) {
  serve(async (order) => {
    const { calls, close } = await prepare(order);
    return {
      answer: ({ call, parallel, seconds }) => rate(calls[call], parallel, seconds),
      close,
    };
  });
}

/** Returns a function that picks these one after the other, in steps that reach all of them. */
export function spreadOver(items) {
  const step = 7919;
  return (n) => items[(n * step) % items.length];
}
