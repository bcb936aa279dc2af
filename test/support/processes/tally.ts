/** How often each action was done, by its outcome: `ok` or the error. */
export type Tally = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Returns the sum of what several processes counted. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const sum: Record<string, Record<string, number>> = {};
  for (const tally of tallies) {
    for (const [what, outcomes] of Object.entries(tally)) {
      for (const [outcome, count] of Object.entries(outcomes)) {
        sum[what] ??= {};
        sum[what][outcome] = (sum[what][outcome] ?? 0) + count;
      }
    }
  }
  return sum;
}

/** Returns the unexpected outcomes, neither `ok` nor an error that a caller must expect, with their action. */
export function unexpectedOutcomes(tally: Tally, expected: readonly string[] = []): string[] {
  return Object.entries(tally).flatMap(([what, outcomes]) =>
    Object.entries(outcomes)
      .filter(([outcome]) => outcome !== 'ok' && !expected.includes(outcome))
      .map(([outcome, count]) => `${count} × ${what}: ${outcome}`),
  );
}
