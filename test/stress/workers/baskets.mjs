import { setTimeout as pause } from 'node:timers/promises';
import { nameOf, open, serve } from './worker.mjs';

/** Fills baskets, each until its session has ended. Reports what was stored in each, and how the last update failed. */
await serve(async ({ place, options, worker }) => {
  const { manager, close } = await open(place, options);
  const fill = async (token) => {
    const stored = [];
    for (let count = 0; ; count++) {
      const product = `${worker}.${count}`;
      try {
        await manager.updateSession(token, (data) => void data.basket.push(product));
        stored.push(product);
        await pause(Math.random() * 60);
      } catch (error) {
        return { stored, end: nameOf(error) };
      }
    }
  };
  return { close, round: ({ tokens }) => Promise.all(tokens.map(fill)) };
});
