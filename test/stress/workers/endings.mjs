import { open, serve, Tally } from './worker.mjs';

/** How many sessions are in a race at the same moment. */
const AT_ONCE = 16;

const idOf = (token) => token.split('.')[0];

const WORK = {
  token: ({ manager }, { token }) => manager.removeSession(token),
  id: ({ manager }, { token }) => manager.removeSessionById(idOf(token)),
  user: ({ manager }, { userId }) => manager.removeUserSessions(userId),
  // Without a token of the new session nobody ends it, so it is the only one that may live on.
  login: ({ manager }, { userId }) => manager.createSession({ userId, count: 0 }),
  update: ({ manager }, { token }) => manager.updateSession(token, { count: -1 }),
  change: ({ manager }, { token }) => manager.updateSession(token, async (data) => ({ ...data })),
  renew: ({ manager }, { token }) => manager.renewSession(token, { allowExpired: true }),
  regenerate: ({ manager }, { token }) => manager.regenerateSession(token, { grace: 60_000 }),
};

/** Runs the tasks of each session, and counts the events that end sessions, by id. The clock of each process differs. */
await serve(async ({ place, options, skew }) => {
  const clock = { now: () => Date.now() + skew };
  const { manager, close } = await open(place, { ...options, clock });
  let ended = {};
  manager.events$.subscribe(({ type, id }) => {
    if (['removed', 'evicted', 'expired'].includes(type)) {
      ended[id] = (ended[id] ?? 0) + 1;
    }
  });
  return {
    close,
    async round({ tasks }) {
      const tally = new Tally();
      ended = {};
      const waiting = tasks.toReversed();
      const racer = async () => {
        for (let task = waiting.pop(); task; task = waiting.pop()) {
          await tally.take(task.work, WORK[task.work]({ manager }, task));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, racer));
      return { counts: tally.counts, ended };
    },
  };
});
