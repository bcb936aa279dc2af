import type { BrowserContext } from 'playwright-core';

/** Chromium logs this for each response of 400 and up, which is noted by its status. */
const SAID_TWICE = /^Failed to load resource: the server responded with a status of/;

/** All that went wrong in the pages of a context: refusals, failed requests, errors in the console, uncaught errors. */
export class Troubles {
  #noted: string[] = [];

  watch(context: BrowserContext): void {
    context.on('response', (response) => {
      if (response.status() >= 400) {
        const request = response.request();
        this.#noted.push(
          `${response.status()} ${request.method()} ${new URL(request.url()).pathname}`,
        );
      }
    });
    context.on('requestfailed', (request) => {
      this.#noted.push(`failed ${request.method()} ${new URL(request.url()).pathname}`);
    });
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !SAID_TWICE.test(message.text())) {
        this.#noted.push(message.text());
      }
    });
    context.on('weberror', (thrown) => {
      this.#noted.push(String(thrown.error()));
    });
  }

  /** Returns the problems since the last call: a test takes those that it provokes, and none may be left at its end. */
  take(): string[] {
    return this.#noted.splice(0);
  }
}
