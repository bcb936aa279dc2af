import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { serving } from '../support/processes/serving.js';

const PAGE = 'https://app.example.com';
const STRANGER = 'https://evil.example.com';

const spaModule: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet lets only its own pages log in', async () => {
      const { SpaModule } = await load<{ SpaModule: Type }>();
      await withServer(SpaModule, adapter(), async (_, __, app) => {
        const url = `${await app.getUrl()}/login`;
        const login = (origin: string) =>
          fetch(url, {
            method: 'POST',
            headers: { origin, 'sec-fetch-site': 'same-site' },
            body: new URLSearchParams({ name: 'ann' }),
          });
        expect((await login(PAGE)).status).toBe(201);
        const refused = await login(STRANGER);
        expect(refused.status).toBe(403);
        expect(await refused.json()).toMatchObject({ code: 'SESSION_CROSS_ORIGIN' });
      });
    });
  });
};

const spaMain: Harness = ({ file }) => {
  it('the snippet lets only its own pages read responses, refusals too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'docs-spa-'));
    await serving({ node: process.execPath, file, folder }, async (port) => {
      for (const [origin, allowed] of [
        [PAGE, PAGE],
        [STRANGER, null],
      ] as const) {
        const response = await fetch(`http://127.0.0.1:${port}/basket`, { headers: { origin } });
        expect(response.status).toBe(401);
        expect(response.headers.get('access-control-allow-origin')).toBe(allowed);
        expect(response.headers.get('access-control-allow-credentials')).toBe('true');
      }
    });
    rmSync(folder, { recursive: true });
  });
};

const mobile: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet gives an app its token in the body and sets no cookie', async () => {
      const { MobileModule } = await load<{ MobileModule: Type }>();
      await withServer(MobileModule, adapter(), async (_, __, app) => {
        const url = await app.getUrl();
        const body = new URLSearchParams({ name: 'ann' });
        const login = await fetch(`${url}/token`, { method: 'POST', body });
        expect(login.headers.getSetCookie()).toEqual([]);
        expect(login.headers.get('cache-control')).toBe('no-store');
        const { token, expiresAt } = (await login.json()) as Record<string, string>;
        expect(Date.parse(expiresAt!)).toBeGreaterThan(Date.now());
        const send = (method: string, path: string) =>
          fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } });
        expect(await (await send('GET', '/me')).json()).toEqual({ userId: 'ann' });
        expect((await send('POST', '/logout')).status).toBe(204);
        expect(await (await send('GET', '/me')).json()).toMatchObject({ code: 'SESSION_ENDED' });
      });
    });
  });
};

export const CLIENT_HARNESSES: Readonly<Record<string, Harness>> = {
  'spa.module': spaModule,
  'spa.main': spaMain,
  'mobile.module': mobile,
};
