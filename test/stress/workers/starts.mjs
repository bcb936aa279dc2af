import { open, serve, Tally } from './worker.mjs';

/** Starts on a database that may be empty still, uses it, and stops. */
await serve(async ({ options }) => ({
  async round({ place }) {
    const tally = new Tally();
    const opened = await tally.take('start', open(place, options));
    if (opened) {
      const token = await tally.take('create', opened.manager.createSession('data'));
      await tally.take('read', opened.manager.retrieveSession(token));
      await tally.take('stop', opened.close());
    }
    return tally.counts;
  },
}));
