/** Gives `work` a function that keeps what is being started, and ends it all when the work is over, however that is. */
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
