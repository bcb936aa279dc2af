/** The exit code that a shell reports for a process that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** Returns a signal that the first Ctrl-C aborts: work ends after its current batch. A second Ctrl-C ends the process. */
export function listenForInterruption(): AbortSignal {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  return interrupted.signal;
}
