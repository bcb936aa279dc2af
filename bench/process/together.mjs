/** Gives `work` a function that registers started processes, and ends all of them when the work ends in any way. */
export async function together(work) {
  const kept = [];
  const keep = (starting) => {
    kept.push(starting);
    return starting;
  };
  try {
    return await work(keep);
  } finally {
    await Promise.allSettled(kept.map(async (starting) => (await starting).end()));
  }
}
