/**
 * Prints at the very end which suites were skipped, one per line, and then the totals on a separate line: "12 passed, 0
 * failed".
 */
export default class SkippedSuitesReporter {
  #lines = [];

  constructor() {
    // Not in onRunComplete: the coverage table comes after every other reporter.
    process.once('exit', () => this.#lines.forEach((line) => console.log(line)));
  }

  onRunComplete(_testContexts, results) {
    const skipped = new Set(
      results.testResults
        .flatMap((file) => file.testResults)
        .filter((test) => test.status === 'pending')
        .flatMap((test) => test.ancestorTitles)
        .filter((title) => /\(skipped: .*\)/.test(title)),
    );
    // A file that does not even load has no failed test to count.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const totals = [`${results.numPassedTests} passed`, `${failed} failed`];
    if (results.numPendingTests > 0) totals.push(`${results.numPendingTests} skipped`);

    this.#lines = [...skipped, totals.join(', ')];
  }
}
