import { open, serve, Tally } from './worker.mjs';

/** Number of calls in flight, and maximum number of tokens that a process keeps. */
const AT_ONCE = 8;
const TOKENS = 200;

/** Everything that can happen to sessions, mixed, for a while. */
await serve(async ({ place, options }) => {
  const { manager, close } = await open(place, options);
  const tokens = [];
  const anyToken = () => tokens[Math.floor(Math.random() * tokens.length)];
  const idOf = (token) => token.split('.')[0];
  const keep = (token) => {
    if (token) {
      tokens[tokens.length < TOKENS ? tokens.length : Math.floor(Math.random() * TOKENS)] = token;
    }
  };

  const calls = {
    login: {
      share: 6,
      call: async ({ user, tally }) => {
        const expireTime = Math.random() < 0.3 ? 200 : undefined;
        const data = { userId: user, visits: 0 };
        keep(await tally.take('login', manager.createSession(data, { expireTime })));
      },
    },
    renew: { share: 6, call: ({ tally }) => tally.take('renew', manager.renewSession(anyToken())) },
    read: {
      share: 6,
      call: ({ tally }) => tally.take('read', manager.retrieveSession(anyToken())),
    },
    update: {
      share: 3,
      call: ({ tally }) => tally.take('update', manager.updateSession(anyToken(), { visits: 0 })),
    },
    change: {
      share: 4,
      call: ({ tally }) =>
        tally.take(
          'change',
          manager.updateSession(anyToken(), (data) => {
            data.visits++;
          }),
        ),
    },
    regenerate: {
      share: 2,
      call: async ({ tally }) => {
        keep(await tally.take('regenerate', manager.regenerateSession(anyToken(), { grace: 100 })));
      },
    },
    logout: {
      share: 2,
      call: ({ tally }) => tally.take('logout', manager.removeSession(anyToken())),
    },
    list: { share: 1, call: ({ user, tally }) => tally.take('list', manager.listSessions(user)) },
    'logout of a device': {
      share: 1,
      call: ({ tally }) =>
        tally.take('logout of a device', manager.removeSessionById(idOf(anyToken()))),
    },
    'logout everywhere': {
      share: 1,
      call: ({ user, tally }) => tally.take('logout everywhere', manager.removeUserSessions(user)),
    },
    'logout elsewhere': {
      share: 1,
      call: ({ user, tally }) =>
        tally.take(
          'logout elsewhere',
          manager.removeUserSessions(user, { except: idOf(anyToken()) }),
        ),
    },
    sweep: {
      share: 1,
      call: ({ tally }) => tally.take('sweep', manager.removeExpiredSessions({ batchSize: 50 })),
    },
  };
  const mix = Object.values(calls).flatMap(({ share, call }) => Array(share).fill(call));

  return {
    close,
    async round({ seconds, users }) {
      const tally = new Tally();
      let evictions = 0;
      const subscription = manager.events$.subscribe(({ type }) => {
        evictions += type === 'evicted' ? 1 : 0;
      });
      await calls.login.call({ user: 'user 0', tally });
      const end = performance.now() + seconds * 1000;
      let longest = 0;
      // A busy machine needs longer until there is a session over the limit, and one that is read after its end.
      const isOver = () =>
        performance.now() >= end && evictions > 0 && tally.counts.read?.ERR_SESSION_ENDED > 0;
      const caller = async () => {
        while (!isOver()) {
          const user = `user ${Math.floor(Math.random() * users)}`;
          const start = performance.now();
          await mix[Math.floor(Math.random() * mix.length)]({ user, tally });
          longest = Math.max(longest, performance.now() - start);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, caller));
      subscription.unsubscribe();
      return { tally: tally.counts, evictions, longest: Math.round(longest) };
    },
  };
});
