import { afterAll, beforeAll } from '@jest/globals';
import {
  describePrograms,
  missingOf,
  type TestProgram,
} from '../../support/runner/installed-programs.js';
import type { DrivenBrowser } from './driven-browser.js';
import { driveChromium } from './driven-chromium.js';
import { driveFirefox } from './driven-firefox.js';
import { driveWebKit } from './driven-webkit.js';

/** A browser engine in which the suites run. */
export interface TestBrowser extends TestProgram {
  /** Whether it keeps a Secure cookie that comes from http://localhost. */
  readonly keepsSecureFromLocalhost: boolean;
  /** Whether it drops a cookie whose attributes break the promise of the prefix `__Host-`. */
  readonly enforcesPrefixes: boolean;
  launch(): Promise<DrivenBrowser>;
}

const BROWSERS: readonly TestBrowser[] = [
  {
    name: 'Chromium',
    missing: missingOf('chromium'),
    keepsSecureFromLocalhost: true,
    enforcesPrefixes: true,
    launch: driveChromium,
  },
  {
    name: 'Firefox',
    missing: missingOf('firefox-esr'),
    keepsSecureFromLocalhost: true,
    enforcesPrefixes: true,
    launch: driveFirefox,
  },
  {
    name: 'WebKit',
    missing: missingOf('WebKitWebDriver', 'Xvfb'),
    keepsSecureFromLocalhost: false,
    enforcesPrefixes: false,
    launch: driveWebKit,
  },
];

/** Runs a suite in each browser, which `running` returns after its start. */
export function describeBrowsers(
  suite: (browser: TestBrowser, running: () => DrivenBrowser) => void,
): void {
  const variables = { chosen: 'TEST_BROWSERS', required: 'REQUIRE_BROWSERS' };
  describePrograms(BROWSERS, variables, (browser) => {
    let running: DrivenBrowser;

    beforeAll(async () => {
      running = await browser.launch();
    });
    afterAll(() => running?.close());
    suite(browser, () => running);
  });
}
