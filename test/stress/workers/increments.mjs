import { open, serve, Tally, times } from './worker.mjs';

/** Increments one session's counter, so many times at once. */
await serve(async ({ place, options }) => {
  const { manager, close } = await open(place, options);
  return {
    close,
    async round({ token, count }) {
      const tally = new Tally();
      await times(count, () =>
        tally.take(
          'increment',
          manager.updateSession(token, (data) => {
            data.count++;
          }),
        ),
      );
      return tally.counts;
    },
  };
});
