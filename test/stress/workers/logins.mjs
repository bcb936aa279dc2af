import { open, serve, Tally, times } from './worker.mjs';

/** Logs one user in, so many times at once; reports each login with the sessions that it ended. */
await serve(async ({ place, options }) => {
  const { manager, close } = await open(place, options);
  const logins = [];
  let evicted = [];
  manager.events$.subscribe(({ type, id }) => {
    if (type === 'evicted') {
      evicted.push(id);
    }
    // The events of one login come together, this one last.
    if (type === 'created') {
      logins.push({ id, evicted });
      evicted = [];
    }
  });
  return {
    close,
    async round({ userId, count }) {
      const tally = new Tally();
      await times(count, () => tally.take('login', manager.createSession({ userId })));
      return { tally: tally.counts, logins: logins.splice(0) };
    },
  };
});
