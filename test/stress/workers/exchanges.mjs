import { SessionExchange } from 'nestjs-server-sessions/exchange';
import { open, serve, Tally } from './worker.mjs';

const DAY = 86_400_000;

const WORK = {
  async exchange({ exchange }, key, tally) {
    await tally.take('exchange', exchange.tokenFor(key));
  },
  /** A logout by a client that only has the old credential, as a request does it. */
  async logout({ exchange, manager }, key, tally) {
    const token = await tally.take('exchange', exchange.tokenFor(key));
    await tally.take('logout', manager.removeSession(token));
  },
};

/** Exchanges credentials, and logs them out, as the requests of a process do. */
await serve(async ({ place, options, secret }) => {
  const { manager, close } = await open(place, options);
  const verify = (key) => ({
    key,
    expiresAt: new Date(Date.now() + DAY),
    data: { userId: 'ann' },
  });
  const until = new Date(Date.now() + DAY);
  const exchange = new SessionExchange(manager, { secret, until, verify });
  return {
    close,
    async round({ keys, work }) {
      const tally = new Tally();
      await Promise.all(keys.map((key) => WORK[work]({ exchange, manager }, key, tally)));
      return tally.counts;
    },
  };
});
