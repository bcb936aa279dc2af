import { afterEach, expect, it } from '@jest/globals';
import { APP_GUARD } from '@nestjs/core';
import { defineSessions, SessionGuard, type SessionManager } from 'nestjs-server-sessions';
import { SessionAdminModule } from 'nestjs-server-sessions/admin';
import { signIn } from 'nestjs-server-sessions/testing';
import {
  describeAdapters,
  startApp,
  startError,
  type TestApp,
} from '../support/applications/applications.js';
import { expectRefusal } from '../support/http/responses.js';

interface StaffSession {
  readonly userId: string;
  readonly isChief: boolean;
}

const Staff = defineSessions<StaffSession>('staff');

class ChiefGuard extends Staff.Guard {
  override async canActivate(...args: Parameters<SessionGuard['canActivate']>): Promise<boolean> {
    await super.canActivate(...args);
    const { data } = await Staff.getCurrentSession(args[0]);
    return data!.isChief;
  }
}

describeAdapters((adapter) => {
  let app: TestApp | undefined;

  const start = (ofCustomers: object = { guard: Staff.Guard }) =>
    startApp(adapter, {
      imports: [
        Staff.Module.forRoot({ storagePath: ':memory:' }),
        SessionAdminModule.forRoot(ofCustomers as { guard: typeof Staff.Guard }),
        SessionAdminModule.forRoot({ kind: Staff, guard: ChiefGuard, path: 'admin/staff' }),
      ],
      providers: [{ provide: APP_GUARD, useExisting: SessionGuard }],
    });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  it('the staff sees and ends sessions of customers, and only a chief those of the staff', async () => {
    app = await start();
    const staff = app.app.get<SessionManager<StaffSession>>(Staff.Manager);
    const ann = await signIn(app.app, { userId: 'ann' });
    const as = (isChief: boolean, userId: string) =>
      signIn(app!.app, { userId, isChief }, { kind: Staff });
    const [bo, eve] = [await as(false, 'bo'), await as(true, 'eve')];
    const get = (path: string, headers: Record<string, string>) =>
      app!.http().get(path).set(headers);

    const customers = await get('/admin/sessions', bo.headers).expect(200);
    expect(customers.text).toContain('ann');
    expect(customers.text).not.toMatch(/\b(?:bo|eve)\b/);
    expectRefusal(await get('/admin/sessions', ann.headers), 'SESSION_MISSING');

    await get('/admin/staff', bo.headers).expect(403);
    const colleagues = await get('/admin/staff', eve.headers).expect(200);
    expect(colleagues.text).toMatch(/\bbo\b/);
    expect(colleagues.text).not.toContain('ann');

    const end = (path: string, id: string) =>
      app!
        .http()
        .post(`${path}/user/end`)
        .set(eve.headers)
        .type('form')
        .send({ id, reason: 'revoked' });
    await end('/admin/sessions', 'ann').expect(303);
    await expect(app.manager.countSessions()).resolves.toBe(0);
    await expect(staff.countSessions()).resolves.toBe(2);
    await end('/admin/staff', 'bo').expect(303);
    await expect(staff.countSessions()).resolves.toBe(1);
  });

  it('a start is refused if every session that the pages show can open them', async () => {
    for (const options of [
      { guard: SessionGuard },
      { guard: SessionGuard, kind: Staff },
      { guard: Staff.Guard, kind: Staff },
    ]) {
      const error = await startError(() => start(options));
      expect(error).toHaveProperty(
        'message',
        expect.stringMatching(/lets every visitor with a session pass/),
      );
    }
  });
});
