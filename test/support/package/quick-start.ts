import { expect } from '@jest/globals';
import { ScriptedBrowser } from '../http/scripted-browser.js';

/** Logs in to README's quick start, fills the basket and logs out, as its commands do. */
export async function shopAt(port: number): Promise<void> {
  const browser = new ScriptedBrowser(port);
  const expectRejected = async (code: string) =>
    expect(await browser.load('GET /basket')).toMatchObject({
      status: 401,
      body: expect.stringContaining(`"${code}"`),
    });

  await expectRejected('SESSION_MISSING');
  expect(await browser.load('POST /login', { name: 'ann' })).toMatchObject({ status: 201 });
  expect(browser.cookies).toMatch(/^__Host-id=\S{70,}$/);
  const added = await browser.load('POST /basket', { product: 'apple' });
  expect(added).toMatchObject({ status: 201 });
  expect(await browser.load('GET /basket')).toMatchObject({ status: 200, body: '["apple"]' });
  const logout = await browser.send('POST /logout');
  expect(logout).toMatchObject({ status: 201 });
  await expectRejected('SESSION_ENDED'); // The browser still has the cookie.
  browser.receive(logout);
  await expectRejected('SESSION_MISSING');
}
