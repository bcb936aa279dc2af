import { HELD_TO } from '../held-to.mjs';
import { ratiosOf, spreadOf } from '../measure/spread.mjs';

/** Returns the summary of a suite: medians with minimum and maximum, and the figures that have a limit. */
export function summaryOf(suite, { rates = {}, measured = {} }) {
  return {
    date: new Date().toISOString().slice(0, 10),
    rates: mapValues(rates, spreadOf),
    measured: mapValues(measured, ({ unit, values }) => ({ unit, ...spreadOf(values) })),
    figures: HELD_TO.filter((row) => row.suite === suite).map((row) => {
      const { what, atLeast, atMost } = row;
      const { unit, values } = row.over
        ? { unit: '×', values: ratiosOf(rates[row.of], rates[row.over]) }
        : measured[row.measured];
      return { what, atLeast, atMost, unit, ...spreadOf(values) };
    }),
  };
}

/** Returns whether a figure keeps its limit, or at least this share of it. */
export function keeps({ atLeast, atMost, median }, share) {
  return atLeast === undefined ? median <= atMost / share : median >= atLeast * share;
}

const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
