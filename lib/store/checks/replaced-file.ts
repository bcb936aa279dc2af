import { statSync, unwatchFile, watchFile, type BigIntStats } from 'node:fs';

const CHECK_INTERVAL_MS = 2_000;

/**
 * Warns once if a database file is deleted, or replaced by another file. The process keeps the old file open, so its writes
 * succeed, but are lost when it ends.
 *
 * @returns a function that stops watching
 */
export function watchForReplacement(path: string, warn: (warning: string) => void): () => void {
  const opened = statSync(path, { bigint: true });
  const compare = ({ dev, ino }: BigIntStats) => {
    if (dev !== opened.dev || ino !== opened.ino) {
      stop();
      warn(
        `The database file ${path} was deleted or replaced while this process uses it. The process still reads and writes ` +
          'the old file, so its sessions are lost when it ends. Restart it. Next time, stop it before you replace the file.',
      );
    }
  };
  const stop = () => unwatchFile(path, compare);
  watchFile(path, { bigint: true, persistent: false, interval: CHECK_INTERVAL_MS }, compare);
  return stop;
}
