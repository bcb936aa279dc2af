/** Gives `work` a function that starts things with an `end()`, and ends them all when it is over, however that is. */
export async function together(work) {
  const started = [];
  const keep = async (starting) => {
    const thing = await starting;
    started.push(thing);
    return thing;
  };
  try {
    return await work(keep);
  } finally {
    await Promise.all(started.map((thing) => thing.end()));
  }
}
