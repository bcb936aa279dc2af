import { HELD_TO } from '../held-to.mjs';
import { mapValues } from '../measure/map-values.mjs';
import { ratiosOf, spreadOf } from '../measure/spread.mjs';

/**
 * Returns the summary of a suite, medians with minimum and maximum: the `rates` of the contenders, what each of their
 * `requests` took, what else was `measured`, the `times` of calls, and the figures that have a limit.
 */
export function summaryOf(suite, { rates = {}, requests = {}, measured = {}, times = {} }) {
  const summaries = (figures) =>
    mapValues(figures, ({ unit, values }) => ({ unit, ...spreadOf(values) }));
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    rates: mapValues(rates, spreadOf),
    requests: mapValues(requests, summaries),
    measured: summaries(measured),
    times: mapValues(times, summaries),
    figures: HELD_TO.filter((row) => row.suite === suite).map((row) => {
      const { unit, values } = row.over
        ? { unit: '×', values: ratiosOf(rates[row.of], rates[row.over]) }
        : measured[row.measured];
      return { what: row.what, unit, ...spreadOf(values) };
    }),
  };
}

/** Returns the rows of `HELD_TO`, each with its figure if that was measured. */
export function heldTo(suites) {
  return HELD_TO.map((row) => ({
    ...row,
    figure: suites[row.suite]?.figures.find(({ what }) => what === row.what),
  }));
}

/** Returns whether a figure keeps its gate, or at least this share of it. Without a gate, it does. */
export function keeps({ atLeast, atMost, figure }, share) {
  const { gate } = atLeast ?? atMost;
  if (gate === null) {
    return true;
  }
  return atLeast ? figure.median >= gate * share : figure.median <= gate / share;
}
