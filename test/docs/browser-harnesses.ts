import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { SessionManager } from 'nestjs-server-sessions';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';

const status: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet tells a page when its session ends, and serves the script', async () => {
      const { StatusModule } = await load<{ StatusModule: Type }>();
      await withServer(StatusModule, adapter(), async (client, _, app) => {
        expect((await client('GET', '/session')).body).toEqual({ code: 'SESSION_MISSING' });
        expect(await client('POST', '/session')).toMatchObject({ status: 401 });
        expect((await client('GET', '/browser-session.js')).body).toContain('BrowserSession');
        const token = await app.get(SessionManager).createSession({ userId: 'ann' });
        const response = await fetch(`${await app.getUrl()}/session`, {
          headers: { cookie: `__Host-id=${token}` },
        });
        expect(await response.json()).toMatchObject({ id: token.split('.')[0] });
      });
    });
  });
};

/** docs/browser.md; test/browser/browser-session.spec.ts loads its page. */
export const BROWSER_HARNESSES: Readonly<Record<string, Harness>> = { 'status.module': status };
