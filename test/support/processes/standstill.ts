/** Keeps the event loop busy for so many milliseconds, as a long computation does. */
export function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    // Nothing else runs meanwhile.
  }
}
