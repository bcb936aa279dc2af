import { launchChromium } from './chromium.js';
import type { DrivenBrowser } from './driven-browser.js';

/** Chromium, driven by Playwright. */
export async function driveChromium(): Promise<DrivenBrowser> {
  const browser = await launchChromium();
  return {
    async device() {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      return {
        goTo: async (url) => void (await page.goto(url)),
        evaluate: (expression) => page.evaluate(expression),
        async cookies() {
          const cookies = await context.cookies(page.url());
          return cookies.map((cookie) => ({
            ...cookie,
            expires: cookie.expires === -1 ? undefined : cookie.expires,
          }));
        },
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
