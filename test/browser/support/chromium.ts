import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the Chromium of the PATH, with flags beside the usual ones; the test closes it. */
export function launchChromium({ args = [], ...options }: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath(),
    args: [...FLAGS, ...args],
    ...options,
  });
}

function executablePath(): string {
  const folders = process.env['PATH']?.split(delimiter) ?? [];
  const found = folders.map((folder) => join(folder, 'chromium')).find(isExecutable);
  if (found === undefined) {
    throw new Error(
      'There is no chromium on the PATH, and these tests need a real browser. On Debian: apt-get install chromium.',
    );
  }
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
