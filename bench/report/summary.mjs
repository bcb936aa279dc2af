import { HELD_TO } from '../held-to.mjs';
import { ratiosOf, spreadOf } from '../measure/spread.mjs';

/** What the results of a suite come to: medians with the least and the most, and the figures that the library is held to. */
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

/** Whether a figure keeps its bar, or at least this share of it. */
export function keeps({ atLeast, atMost, median }, share) {
  return atLeast === undefined ? median <= atMost / share : median >= atLeast * share;
}

const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
