/**
 * Measures contenders in turn, round after round (A B C, A B C, …), so that other load of the machine affects all of them.
 * The first turn of each is a warm-up and is not counted. Nor is the beginning of every other turn: a contender that has
 * waited for the others is cold.
 *
 * @param contenders each with a name and `measure(seconds)`, which resolves with a rate per second or more figures
 * @returns what was measured by name, one for each round
 */
export async function inRounds(contenders, { rounds, seconds, warmUp, settling }) {
  const measured = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (const { measure } of contenders) {
    await measure(warmUp);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure } of contenders) {
      await measure(settling);
      measured[name].push(await measure(seconds));
    }
  }
  return measured;
}
