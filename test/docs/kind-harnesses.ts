import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { SessionManager, type SessionKind } from 'nestjs-server-sessions';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';

interface Kinds {
  readonly CompanyModule: Type;
  readonly Staff: SessionKind;
}

const kinds: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('customers and staff have sessions that do not affect each other', async () => {
      const { CompanyModule, Staff } = await load<Kinds>();
      await withServer(CompanyModule, adapter(), async (customer, newClient, app) => {
        const employee = newClient();
        const stranger = newClient();
        await customer('POST', '/login', { name: 'ann' });
        await employee('POST', '/staff/login', { name: 'ann' });
        expect(await customer('GET', '/basket')).toMatchObject({ status: 200, body: [] });
        expect(await customer('GET', '/staff/me')).toMatchObject({ status: 401 });
        expect(await employee('GET', '/staff/me')).toMatchObject({ body: { role: 'agent' } });
        expect(await employee('GET', '/basket')).toMatchObject({ status: 401 });
        expect(await stranger('GET', '/staff/me')).toMatchObject({ status: 401 });
        expect(await employee('POST', '/staff/leave')).toMatchObject({ status: 201 });
        expect(await employee('GET', '/staff/me')).toMatchObject({ status: 401 });
        expect(await customer('GET', '/basket')).toMatchObject({ status: 200 });
        await expect(app.get(Staff.Manager).countSessions()).resolves.toBe(0);
        await app.get(SessionManager).removeAllSessions();
      });
    });
  });
};

export const KIND_HARNESSES: Readonly<Record<string, Harness>> = { 'kinds.module': kinds };
