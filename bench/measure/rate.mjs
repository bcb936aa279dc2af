/** Returns how many times per second `call` completes, with so many callers that each call again at once. */
export async function rate(call, parallel, seconds) {
  const start = performance.now();
  const end = start + seconds * 1000;
  let calls = 0;
  const caller = async () => {
    while (performance.now() < end) {
      await call(calls++);
    }
  };
  await Promise.all(Array.from({ length: parallel }, caller));
  return calls / ((performance.now() - start) / 1000);
}
