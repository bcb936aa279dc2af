import { progress } from '@clack/prompts';
import { say, formatNumber } from './output.js';

/** Receives how many are done. */
type Reach = (done: number) => void;

/** Shows the progress of work. */
interface Progress {
  readonly reach: Reach;
  /** Restores the terminal; without this call, the process would not end. */
  end(): void;
  fail(): void;
}

/** Runs work and shows its progress: a bar on a terminal, a line for each tenth in a pipe, nothing with `--json`. */
export async function withProgress<Result>(
  doing: string,
  total: number,
  quiet: boolean,
  work: (reach: Reach) => Promise<Result>,
): Promise<Result> {
  const shown = showProgress(doing, total, quiet);
  try {
    const result = await work(shown.reach);
    shown.end();
    return result;
  } catch (error) {
    shown.fail();
    throw error;
  }
}

function showProgress(doing: string, total: number, quiet: boolean): Progress {
  if (quiet || total === 0) {
    return { reach: () => {}, end: () => {}, fail: () => {} };
  }
  const text = (done: number) => `${doing} ${formatNumber(done)} of ${formatNumber(total)}`;
  return process.stdout.isTTY ? bar(text, total) : lines(text, total);
}

function bar(text: (done: number) => string, total: number): Progress {
  const drawn = progress({ max: total, size: 30, cancelMessage: 'Stopping after this batch' });
  drawn.start(text(0));
  // The bar reads the keys, and would end the process on Ctrl-C. Without raw mode, Ctrl-C sends a signal.
  process.stdin.setRawMode?.(false);
  let reached = 0;
  return {
    reach(done) {
      drawn.advance(done - reached, text(done));
      reached = done;
    },
    end: () => drawn.stop(text(reached)),
    fail: () => drawn.error(text(reached)),
  };
}

function lines(text: (done: number) => string, total: number): Progress {
  let tenths = 0;
  return {
    reach(done) {
      const now = Math.floor((10 * done) / total);
      if (now > tenths) {
        tenths = now;
        say(text(done));
      }
    },
    end: () => {},
    fail: () => {},
  };
}
