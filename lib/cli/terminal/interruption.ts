import { outputFailed } from './output.js';

/** The exit code that a shell reports for a process that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Returns a signal that ends work after its current batch. The first Ctrl-C aborts it, as does an output that can't be
 * written. A second Ctrl-C ends the process.
 */
export function listenForInterruption(): AbortSignal {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(INTERRUPTED));
  return AbortSignal.any([interrupted.signal, outputFailed]);
}

/**
 * Returns the exit code of work that got this signal and did not fail.
 *
 * @param wasInterrupted whether the signal ended the work
 */
export function getExitCode({ reason }: AbortSignal, wasInterrupted: boolean): number {
  return wasInterrupted ? (reason as number) : 0;
}
