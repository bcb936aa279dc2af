import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Maximum size of shared memory that a test may fill, as in containers. */
const LARGEST_SHARED = 256 * 1024 * 1024;

/** A folder on a disk so small that a test can fill it. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills all free space. */
  fill(): void;
  /** Frees that space. */
  free(): void;
  remove(): void;
}

/** Mounts a disk of 2 MiB, or takes the shared memory if that is small. Throws if neither is possible. */
export function smallDisk(): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'pipe' });
    return diskAt(folder, () => execFileSync('umount', [folder]));
  } catch (error) {
    rmSync(folder, { recursive: true });
    const { blocks, bsize } = statfsSync('/dev/shm');
    if (blocks * bsize <= LARGEST_SHARED) {
      return diskAt(mkdtempSync('/dev/shm/sessions-disk-'), () => {});
    }
    throw new Error('A small disk is needed: run as root, which may mount one.', { cause: error });
  }
}

function diskAt(folder: string, unmount: () => void): SmallDisk {
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a');
      try {
        for (const size of [64 * 1024, 1]) {
          fillWith(file, Buffer.alloc(size));
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast),
    remove() {
      unmount();
      rmSync(folder, { recursive: true });
    },
  };
}

function fillWith(file: number, block: Buffer): void {
  try {
    for (;;) {
      writeSync(file, block);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') {
      throw error;
    }
  }
}
