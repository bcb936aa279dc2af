import { open, serve } from './worker.mjs';

const MEBIBYTE = 1024 * 1024;

/** Removes all expired sessions; reports how many, how long that took and by how much the process grew, in MiB. */
await serve(async ({ place, options }) => {
  const { manager, close } = await open(place, options);
  return {
    close,
    async round({ batchSize }) {
      const before = process.memoryUsage.rss();
      let most = before;
      const start = performance.now();
      const removed = await manager.removeExpiredSessions({
        batchSize,
        onProgress: () => (most = Math.max(most, process.memoryUsage.rss())),
      });
      const seconds = (performance.now() - start) / 1000;
      return { removed, seconds, growth: (most - before) / MEBIBYTE };
    },
  };
});
