import { publish } from './report/results.mjs';

/** Writes the tables and the chart of the docs again, after a change of a limit: `node bench/publish.mjs`. */
await publish();
