import puppeteer from 'puppeteer-core';
import { pathOf } from '../../support/runner/installed-programs.js';
import type { DrivenBrowser } from './driven-browser.js';

/** Firefox, driven by WebDriver BiDi. */
export async function driveFirefox(): Promise<DrivenBrowser> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: pathOf('firefox-esr')!,
    acceptInsecureCerts: true,
  });
  return {
    async device() {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      return {
        goTo: async (url) => void (await page.goto(url)),
        evaluate: <Result>(expression: string) => page.evaluate(expression) as Promise<Result>,
        async cookies() {
          const cookies = await page.cookies();
          return cookies.map(({ name, value, domain, path, httpOnly = false, ...rest }) => ({
            name,
            value,
            domain,
            path,
            httpOnly,
            secure: rest.secure,
            sameSite: String(rest.sameSite),
            expires: rest.expires === -1 ? undefined : rest.expires,
          }));
        },
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
