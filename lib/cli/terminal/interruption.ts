/** What a shell reports of a process that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** Aborted by the first Ctrl-C, after which work ends with its running batch; a second one ends the process. */
export function listenForInterruption(): AbortSignal {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  return interrupted.signal;
}
