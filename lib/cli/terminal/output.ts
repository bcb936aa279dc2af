/** The exit code that a shell reports for a program that a broken pipe ended: 128 and the number of SIGPIPE. */
const READER_GONE = 141;

const failed = new AbortController();

/**
 * Aborted when the standard output can't be written. Nobody sees the rest then, so work ends after its current batch, as with
 * Ctrl-C. The reason of the signal is the exit code.
 */
export const outputFailed: AbortSignal = failed.signal;

/**
 * Handles an output that can't be written; call it before anything is printed. If the reader has gone, as with `| head`, the
 * program ends without a message, as other programs do. A command that failed keeps its exit code.
 */
export function listenForOutputErrors(): void {
  process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (outputFailed.aborted) {
      return;
    }
    // A socket whose reader has not read everything reports ECONNRESET.
    const isReaderGone = code === 'EPIPE' || code === 'ECONNRESET';
    if (!isReaderGone) {
      process.stderr.write(
        `error: The output can't be written (${code}), so the command stops. Check where it is written to, and run the ` +
          'command again.\n',
      );
    }
    const exitCode = isReaderGone ? READER_GONE : 1;
    failed.abort(exitCode);
    process.once('exit', () => {
      process.exitCode ||= exitCode;
    });
  });
  // There is no other place for errors; the exit code still shows them.
  process.stderr.on('error', () => {});
}

/** Prints one line to the standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a warning to the standard error, so that the output of `--json` is one line. */
export function warn(line: string): void {
  process.stderr.write(`warning: ${line}\n`);
}

/** Prints the one line of `--json`. */
export function sayJson(value: object): void {
  say(JSON.stringify(value));
}

/** Prints lines of a name and a value each, with the values aligned. */
export function sayRows(rows: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  rows.forEach(([name, value]) => say(`  ${name.padEnd(width)}  ${value}`));
}

/** Returns a number with commas: 1,000,000. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** Returns a number with its noun: `1 session`, `2 sessions`. */
export function formatCount(count: number, thing: string): string {
  return `${formatNumber(count)} ${thing}${count === 1 ? '' : 's'}`;
}
