import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { SessionManager } from 'nestjs-server-sessions';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';

const operators: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet shows the pages to operators only', async () => {
      const { OperatorsModule } = await load<{ OperatorsModule: Type }>();
      await withServer(OperatorsModule, adapter(), async (client, _, app) => {
        expect(await client('GET', '/admin/sessions')).toMatchObject({ status: 401 });
        const manager = app.get(SessionManager);
        const open = async (role: string) => {
          const token = await manager.createSession({ userId: 'olga', role });
          return fetch(`${await app.getUrl()}/admin/sessions`, {
            headers: { cookie: `__Host-id=${token}` },
          });
        };
        expect((await open('customer')).status).toBe(403);
        const page = await open('operator');
        expect(page.status).toBe(200);
        expect(await page.text()).toContain('<bdi class="owner">olga</bdi>');
      });
    });
  });
};

/** docs/admin.md */
export const ADMIN_HARNESSES: Readonly<Record<string, Harness>> = { 'operators.module': operators };
