/**
 * Measures contenders in turn, round after round (A B C, A B C, …), so that whatever else the machine does at a moment
 * meets all of them. The first turn of each warms up and is not counted, nor is the beginning of every other: who has
 * stood still while the others had their turns is cold.
 *
 * @param contenders each with a name and `measure(seconds)`, which resolves with a rate per second
 * @returns the rates by name, one for each round
 */
export async function inRounds(contenders, { rounds, seconds, warmUp, settling }) {
  const rates = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (const { measure } of contenders) {
    await measure(warmUp);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure } of contenders) {
      await measure(settling);
      rates[name].push(await measure(seconds));
    }
  }
  return rates;
}
