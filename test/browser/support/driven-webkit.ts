import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { freePort } from '../../support/servers/processes.js';
import type { Device, DrivenBrowser, StoredCookie } from './driven-browser.js';
import { WebDriverSession } from './webdriver-session.js';

/** WebKit, the engine of Safari, in WebKitGTK's MiniBrowser on a virtual screen, driven by WebDriver. */
export async function driveWebKit(): Promise<DrivenBrowser> {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [number] = await once(screen.stdio[3] as Readable, 'data');
  const display = `:${String(number).trim()}`;
  return {
    device: () => openDevice(display),
    close: () => stop(screen),
  };
}

/** A driver process serves one session at a time, so every device has its own. */
async function openDevice(display: string): Promise<Device> {
  const port = await freePort();
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
    // WebKit's sandbox does not start as root, or in a container.
    env: { ...process.env, DISPLAY: display, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
    stdio: 'ignore',
  });
  const session = await WebDriverSession.open(`http://127.0.0.1:${port}`).catch(async (error) => {
    await stop(driver);
    throw error;
  });
  return {
    goTo: async (url) => void (await session.send('POST', '/url', { url })),
    async evaluate<Result>(expression: string) {
      const script = `const done = arguments[0];
        Promise.resolve().then(() => (${expression})).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const { value, error } = await session.send<{ value: Result; error?: string }>(
        'POST',
        '/execute/async',
        { script, args: [] },
      );
      if (error !== undefined) {
        throw new Error(error);
      }
      return value;
    },
    async cookies() {
      const cookies = await session.send<(Omit<StoredCookie, 'expires'> & { expiry?: number })[]>(
        'GET',
        '/cookie',
      );
      return cookies.map(({ expiry, ...cookie }) => ({ ...cookie, expires: expiry }));
    },
    async close() {
      await session.close();
      await stop(driver);
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = child.exitCode ?? once(child, 'exit');
  child.kill();
  await ended;
}
