import { rate } from '../measure/rate.mjs';
import { serve } from '../process/serve.mjs';

/** Makes this process a contender whose calls can be measured: functions by name, each given the number of the call. */
export function serveCalls(prepare) {
  serve(async (order) => {
    const { calls, close } = await prepare(order);
    return {
      answer: ({ call, parallel, seconds }) => rate(calls[call], parallel, seconds),
      close,
    };
  });
}

/** A function that takes these one after the other, in steps that lead all over them. */
export function spreadOver(items) {
  const step = 7919;
  return (n) => items[(n * step) % items.length];
}
