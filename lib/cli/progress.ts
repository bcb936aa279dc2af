import { progress } from '@clack/prompts';
import { say, shownNumber } from './output.js';

/** Shows how far something is. */
export interface Progress {
  /** So many of the total are done. */
  reach(done: number): void;
  end(): void;
}

/** A bar on a terminal, a line for each tenth in a pipe, nothing where that would be in the way of JSON. */
export function showProgress(doing: string, total: number, quiet: boolean): Progress {
  if (quiet || total === 0) {
    return { reach: () => {}, end: () => {} };
  }
  const text = (done: number) => `${doing} ${shownNumber(done)} of ${shownNumber(total)}`;
  return process.stdout.isTTY ? bar(text, total) : lines(text, total);
}

function bar(text: (done: number) => string, total: number): Progress {
  const drawn = progress({ max: total, size: 30, cancelMessage: 'Stopping after this batch' });
  drawn.start(text(0));
  // The bar takes the keys, and would end the process by itself on Ctrl-C; so that stays a signal.
  process.stdin.setRawMode?.(false);
  let reached = 0;
  return {
    reach(done) {
      drawn.advance(done - reached, text(done));
      reached = done;
    },
    end: () => drawn.stop(text(reached)),
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
  };
}
