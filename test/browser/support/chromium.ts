import { chromium, type Browser, type LaunchOptions } from 'playwright-core';
import { pathOf } from '../../support/runner/installed-programs.js';

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

/** Starts the Chromium of the PATH, with additional flags; the test closes it. */
export function launchChromium({ args = [], ...options }: LaunchOptions = {}): Promise<Browser> {
  const executablePath = pathOf('chromium');
  if (executablePath === undefined) {
    throw new Error(
      'There is no chromium on the PATH, and these tests need a real browser. On Debian: apt-get install chromium.',
    );
  }
  return chromium.launch({ executablePath, args: [...FLAGS, ...args], ...options });
}
