import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionManager } from 'nestjs-server-sessions';
import { QueryTypes } from 'sequelize';
import { describeAdapters, type TestApp } from '../support/applications/applications.js';
import {
  customerCookie,
  Staff,
  staffCookie,
  startTwoKinds,
  type CustomerSession,
  type StaffSession,
} from '../support/applications/two-kinds.js';
import { bearerOf, cookiesOf, secretOf } from '../support/http/responses.js';

type TwoKinds = TestApp<CustomerSession> & { readonly staff: SessionManager<StaffSession> };

/** Who a request may be: what the two routes respond, `undefined` for a 401. */
interface Expected {
  readonly customer: string | undefined;
  readonly staff: string | undefined;
}

interface Form extends Expected {
  readonly name: string;
  readonly headers: Record<string, string>;
}

describeAdapters((adapter) => {
  describe('two kinds of sessions in one application', () => {
    let app: TwoKinds;
    let ann: string;
    let bo: string;

    beforeAll(async () => {
      app = await startTwoKinds(adapter);
      ann = await app.manager.createSession({ userId: 'ann', basket: [] });
      bo = await app.staff.createSession({ userId: 'bo', role: 'admin' });
    });
    afterAll(async () => {
      await app.close();
    });

    const expectForm = async ({ name, headers, customer, staff }: Form): Promise<void> => {
      const shop = await app.http().get('/shop/me').set(headers);
      const office = await app.http().get('/staff/me').set(headers);
      expect([name, shop.status, shop.body.customer]).toEqual([
        name,
        customer === undefined ? 401 : 200,
        customer,
      ]);
      expect([name, office.status, office.body.staff]).toEqual([
        name,
        staff === undefined ? 401 : 200,
        staff,
      ]);
    };

    /** Each of four tokens, or none, in both cookies and as a bearer. */
    const everyCombination = (): Form[] => {
      const mixed = (one: string, other: string) => `${one.slice(0, 36)}.${secretOf(other)}`;
      const tokens = { none: undefined, ann, bo, annBo: mixed(ann, bo), boAnn: mixed(bo, ann) };
      const all = Object.entries(tokens);
      return all.flatMap(([customers, inCustomers]) =>
        all.flatMap(([staffs, inStaff]) =>
          all.map(([bearer, inBearer]) => {
            const cookies = [
              ...(inCustomers === undefined ? [] : [customerCookie(inCustomers)]),
              ...(inStaff === undefined ? [] : [staffCookie(inStaff)]),
            ];
            const sent = inBearer === undefined ? [inCustomers, inStaff] : [inBearer, inBearer];
            return {
              name: `${customers} for customers, ${staffs} for staff, bearer ${bearer}`,
              headers: {
                ...(cookies.length > 0 && { Cookie: cookies.join('; ') }),
                ...(inBearer !== undefined && { Authorization: bearerOf(inBearer) }),
              },
              customer: sent[0] === ann ? 'ann' : undefined,
              staff: sent[1] === bo ? 'bo' : undefined,
            };
          }),
        ),
      );
    };

    /** Forms that something could take for a token of the other kind. */
    const oddForms = (): Form[] => {
      const nobody = { customer: undefined, staff: undefined };
      const onlyStaff = { customer: undefined, staff: 'bo' };
      const onlyCustomer = { customer: 'ann', staff: undefined };
      const cookie = (Cookie: string, expected: Expected): Form => ({
        name: Cookie,
        headers: { Cookie },
        ...expected,
      });
      const bearer = (Authorization: string, Cookie?: string): Form => ({
        name: `${Authorization} beside ${Cookie}`,
        headers: { Authorization, ...(Cookie !== undefined && { Cookie }) },
        ...nobody,
      });
      const both = `${customerCookie(ann)}; ${staffCookie(bo)}`;
      return [
        cookie(`${staffCookie(ann)}; ${customerCookie(bo)}`, nobody),
        cookie(`${staffCookie(ann)}; ${staffCookie(bo)}`, onlyStaff),
        cookie(`${customerCookie(bo)}; ${customerCookie(ann)}`, onlyCustomer),
        cookie(`staff-id=${bo}`, nobody),
        cookie(`id=${ann}; staff-id=${bo}`, nobody),
        cookie(`__Secure-staff-id=${bo}; __Secure-id=${ann}`, nobody),
        cookie(`__host-staff-id=${bo}`, nobody),
        cookie(`__Host-STAFF-id=${bo}`, nobody),
        cookie(`__Host-staff_id=${bo}`, nobody),
        cookie(`__Host-staff-id.d=${bo}`, nobody),
        cookie(`__Host-id.d=${ann}`, nobody),
        cookie(`__Host-id=__Host-staff-id=${bo}`, nobody),
        cookie(`__Host-id=x; __Host-staff-id=${bo}`, onlyStaff),
        cookie(`x__Host-staff-id=${bo}`, nobody),
        cookie(`__Host-staff-id="${bo}"`, nobody),
        cookie(`__Host-staff-id=staff:${bo}`, nobody),
        cookie(`__Host-staff-id=${ann}${bo}`, nobody),
        cookie(`__Host-staff-id=${bo}${ann}`, nobody),
        cookie(`__Host-staff-id=${ann},${bo}`, nobody),
        cookie(`__Host-staff-id=${bo.slice(0, 36)}`, nobody),
        cookie(`__Host-staff-id=${secretOf(bo)}`, nobody),
        bearer(`Bearer ${ann}${bo}`, both),
        bearer(`Bearer ${bo}, Bearer ${ann}`, both),
        bearer(`Bearer "${bo}"`, both),
        bearer(`Bearer staff ${bo}`, both),
        bearer(`Staff ${bo}`, both),
        bearer(`Basic ${ann}`, both),
        bearer(`Bearer ${bo.slice(0, -1)}`, both),
        bearer(`Bearer ${ann.toUpperCase()}`, both),
      ];
    };

    it('a token of one opens nothing of the other, in whatever form a request sends it', async () => {
      const forms = [...everyCombination(), ...oddForms()];
      expect(forms.length).toBeGreaterThan(100);
      for (const form of forms) {
        await expectForm(form);
      }
    });

    it('the manager of one kind finds no session of the other', async () => {
      await expect(app.staff.retrieveSession(ann)).rejects.toThrow('no session');
      await expect(app.manager.retrieveSession(bo)).rejects.toThrow('no session');
      expect(await app.staff.listSessions('ann')).toEqual([]);
      expect(await app.manager.countSessions()).toBe(1);
    });

    it('a row with the id of the other kind’s session does not open to its token', async () => {
      const id = ann.slice(0, 36);
      const alike = await app.staff.createSession({ userId: 'cy', role: 'agent' });
      const office = app.app.get<typeof app.connection>('nestjs-server-sessions:staffConnection', {
        strict: false,
      });
      await office.query('UPDATE server_sessions_staff SET id = $id WHERE id = $old', {
        type: QueryTypes.UPDATE,
        bind: { id, old: alike.slice(0, 36) },
      });
      await expectForm({
        name: 'alike',
        headers: { Cookie: `${customerCookie(ann)}; ${staffCookie(ann)}` },
        customer: 'ann',
        staff: undefined,
      });
      await app.staff.removeUserSessions('cy');
    });
  });

  describe('an application with two kinds', () => {
    let app: TwoKinds;
    afterEach(() => app.close());

    it('logins and logouts of the two kinds do not affect each other', async () => {
      app = await startTwoKinds(adapter);
      const shop = await app.http().post('/shop/login').send({ name: 'ann' }).expect(200);
      const ann = customerCookie(shop.body.token);
      const office = await app.http().post('/staff/login').set('Cookie', ann).send({ name: 'ann' });
      const bo = staffCookie(office.body.token);
      expect(cookiesOf(shop)).toEqual([expect.stringMatching(/^__Host-id=/)]);
      expect(cookiesOf(office)).toEqual([expect.stringMatching(/^__Host-staff-id=/)]);
      await app.http().get('/shop/me').set('Cookie', ann).expect(200, { customer: 'ann' });
      const left = await app
        .http()
        .post('/staff/logout')
        .set('Cookie', `${ann}; ${bo}`)
        .expect(200);
      expect(cookiesOf(left)).toEqual([expect.stringMatching(/^__Host-staff-id=;.*Max-Age=0/)]);
      await app.http().get('/shop/me').set('Cookie', ann).expect(200);
      await app.http().get('/staff/me').set('Cookie', bo).expect(401);
      await app.staff.createSession({ userId: 'ann', role: 'agent' });
      expect(await app.manager.removeUserSessions('ann')).toBe(1);
      expect(await app.staff.listSessions('ann')).toHaveLength(1);
    });

    it('the decorators, the manager and getCurrentSession() of a kind give its sessions', async () => {
      app = await startTwoKinds(adapter);
      const token = await app.staff.createSession({ userId: 'bo', role: 'admin' });
      const headers = { Cookie: staffCookie(token) };
      const id = token.slice(0, 36);
      await app.http().get('/staff/token').set(headers).expect(200, { token, id });
      await app.http().get('/staff/data').set(headers).expect(200, { userId: 'bo', role: 'admin' });
      const bearer = { Authorization: bearerOf(token) };
      await app.http().get('/staff/me').set(bearer).expect(200, { staff: 'bo' });
      expect(app.staff).toBeInstanceOf(Staff.Manager);
      expect(app.manager).not.toBeInstanceOf(Staff.Manager);
    });

    it('each kind has its own options', async () => {
      app = await startTwoKinds(adapter, {
        staff: { maxSessionsPerUser: 1, transports: ['cookie'], cookie: { name: 'office' } },
      });
      const first = await app.staff.createSession({ userId: 'bo', role: 'agent' });
      const second = await app.staff.createSession({ userId: 'bo', role: 'agent' });
      await app.http().get('/staff/me').set('Cookie', `office=${first}`).expect(401);
      await app.http().get('/staff/me').set('Cookie', `office=${second}`).expect(200);
      await app.http().get('/staff/me').set('Authorization', bearerOf(second)).expect(401);
      await app.manager.createSession({ userId: 'ann', basket: [] });
      await app.manager.createSession({ userId: 'ann', basket: [] });
      expect(await app.manager.listSessions('ann')).toHaveLength(2);
    });

    it('a legacy token of one kind is no foreign bearer to the other', async () => {
      app = await startTwoKinds(adapter, { options: { acceptLegacyTokens: true } });
      const bo = await app.staff.createSession({ userId: 'bo', role: 'agent' });
      const legacy = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
      await app
        .http()
        .get('/staff/me')
        .set({ Cookie: staffCookie(bo), Authorization: bearerOf(legacy) })
        .expect(401);
    });
  });
});
