import { open, serve, Tally } from './worker.mjs';

/** How many sessions are in a race at the same moment. */
const AT_ONCE = 16;

const WORK = {
  async remove(manager, token, tally) {
    await tally.take('remove', manager.removeSession(token));
    await tally.take('write after remove', manager.updateSession(token, count));
    await tally.take('renewal after remove', manager.renewSession(token, { allowExpired: true }));
  },
  update: (manager, token, tally) =>
    tally.take('update', manager.updateSession(token, { count: -1 })),
  change: (manager, token, tally) =>
    tally.take(
      'change',
      manager.updateSession(token, async (data) => count(data)),
    ),
  renew: (manager, token, tally) => tally.take('renew', manager.renewSession(token)),
  regenerate: (manager, token, tally) => regenerate(manager, token, tally, 0),
  'regenerate with grace': (manager, token, tally) => regenerate(manager, token, tally, 60_000),
};

/** Runs the task of each session, in an order that differs by process. */
await serve(async ({ place, options }) => {
  const { manager, close } = await open(place, options);
  return {
    close,
    async round({ tasks }) {
      const tally = new Tally();
      const waiting = shuffled(tasks);
      const racer = async () => {
        for (let task = waiting.pop(); task; task = waiting.pop()) {
          await WORK[task.work](manager, task.token, tally);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, racer));
      return tally.counts;
    },
  };
});

async function regenerate(manager, token, tally, grace) {
  const work = grace > 0 ? 'regenerate with grace' : 'regenerate';
  const newToken = await tally.take(work, manager.regenerateSession(token, { grace }));
  if (newToken) {
    await tally.take('write after regenerate', manager.updateSession(newToken, count));
  }
}

function count(data) {
  data.count++;
}

function shuffled(list) {
  return list
    .map((each) => [Math.random(), each])
    .sort(([a], [b]) => a - b)
    .map(([, each]) => each);
}
