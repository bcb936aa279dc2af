import { promisify } from 'node:util';
import { SessionManagerStore } from 'nestjs-server-sessions/express-session';
import { open, serve, Tally } from './worker.mjs';

const HOUR = 3_600_000;

const WORK = {
  async login(call, sid, tally) {
    const cookie = { expires: new Date(Date.now() + HOUR), originalMaxAge: HOUR };
    await tally.take('login', call('set', sid, { cookie, passport: { user: 'ann' } }));
  },
  /** Requests in flight, until the session has ended. Each saves what it loaded, as `resave` does. */
  async requests(call, sid, tally) {
    for (let views = 0; ; views++) {
      const session = await tally.take('load', call('get', sid));
      if (!session) {
        break;
      }
      await tally.take('save', call('set', sid, { ...session, views }));
      await tally.take('touch', call('touch', sid, session));
    }
  },
  async logout(call, sid, tally) {
    await tally.take('logout', call('destroy', sid));
  },
};

/** Uses sessions by a store for express-session, as the requests of a process do. */
await serve(async ({ place, options, secret }) => {
  const { manager, close } = await open(place, {
    userId: (data) => data?.passport?.user ?? null,
    ...options,
  });
  const store = new SessionManagerStore(manager, { secret });
  const call = (method, ...args) => promisify(store[method].bind(store))(...args);
  return {
    close,
    async round({ sids, work }) {
      const tally = new Tally();
      await Promise.all(sids.map((sid) => WORK[work](call, sid, tally)));
      return tally.counts;
    },
  };
});
