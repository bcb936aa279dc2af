import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Post, UseGuards, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  AllowCrossOrigin,
  CurrentSession,
  OptionalSession,
  PublicRoute,
  RequireFresh,
  RequireSession,
  SessionGuard,
  SessionsConfigurationError,
  type SessionManager,
} from 'nestjs-server-sessions';
import { describeAdapters, type TestApp } from '../support/applications/applications.js';
import {
  customerCookie,
  CustomerController,
  Staff,
  StaffController,
  staffCookie,
  startTwoKinds,
  type CustomerSession,
  type StaffSession,
} from '../support/applications/two-kinds.js';

const ok = (): string => 'ok';

/** Routes whose decorators name no kind, customers, staff, or both. */
@Controller('routes')
class RoutesController {
  @Get('plain')
  plain(): string {
    return ok();
  }

  @Get('customers')
  @UseGuards(SessionGuard)
  customers(): string {
    return ok();
  }

  @Get('staff')
  @UseGuards(Staff.Guard)
  staff(): string {
    return ok();
  }

  @Get('both')
  @UseGuards(SessionGuard, Staff.Guard)
  both(): string {
    return ok();
  }

  @Get('staff-and-required-customers')
  @RequireSession()
  @UseGuards(Staff.Guard)
  staffAndRequiredCustomers(): string {
    return ok();
  }

  @Get('fresh-staff')
  @Staff.RequireFresh(60_000)
  freshStaff(): string {
    return ok();
  }

  @Get('fresh-customers')
  @RequireFresh(60_000)
  freshCustomers(): string {
    return ok();
  }

  @Get('public-for-customers')
  @PublicRoute()
  publicForCustomers(): string {
    return ok();
  }

  @Get('public-for-staff')
  @Staff.PublicRoute()
  publicForStaff(): string {
    return ok();
  }

  @Get('public-for-both')
  @PublicRoute()
  @Staff.PublicRoute()
  publicForBoth(): string {
    return ok();
  }

  @Get('public-for-customers-guarded-for-staff')
  @PublicRoute()
  @UseGuards(Staff.Guard)
  publicForCustomersGuardedForStaff(): string {
    return ok();
  }

  @Get('required-staff-without-guard')
  @Staff.RequireSession()
  requiredStaffWithoutGuard(): string {
    return ok();
  }
}

@Controller('office')
@UseGuards(Staff.Guard)
class OfficeController {
  @Get('inherits')
  inherits(): string {
    return ok();
  }

  @Get('public')
  @Staff.PublicRoute()
  public(): string {
    return ok();
  }

  @Get('optional')
  @Staff.OptionalSession()
  optional(): string {
    return ok();
  }

  @Get('customers-too')
  @UseGuards(SessionGuard)
  customersToo(): string {
    return ok();
  }

  @Get('public-by-the-other-decorator')
  @PublicRoute()
  publicByTheOtherDecorator(): string {
    return ok();
  }

  @Get('optional-by-the-other-decorator')
  @OptionalSession()
  optionalByTheOtherDecorator(): string {
    return ok();
  }
}

class BranchController extends OfficeController {}
Controller('branch')(BranchController);

@Injectable()
class AuditedStaffGuard extends Staff.Guard {}

@Controller('audited')
@UseGuards(AuditedStaffGuard)
class AuditedController {
  @Get()
  audited(): string {
    return ok();
  }
}

/** Who a route lets pass: n(obody), c(ustomers), s(taff), b(oth sessions in one request). */
type Passes = 'ncsb' | 'cb' | 'sb' | 'b';

/** By the guards that are global: none, that of the customers, those of both. */
const ROUTES: readonly [path: string, none: Passes, customers: Passes, both: Passes][] = [
  ['routes/plain', 'ncsb', 'cb', 'b'],
  ['routes/customers', 'cb', 'cb', 'cb'],
  ['routes/staff', 'sb', 'sb', 'sb'],
  ['routes/both', 'b', 'b', 'b'],
  ['routes/staff-and-required-customers', 'sb', 'b', 'b'],
  ['routes/fresh-staff', 'sb', 'sb', 'sb'],
  ['routes/fresh-customers', 'cb', 'cb', 'cb'],
  ['routes/public-for-customers', 'ncsb', 'ncsb', 'sb'],
  ['routes/public-for-staff', 'ncsb', 'cb', 'cb'],
  ['routes/public-for-both', 'ncsb', 'ncsb', 'ncsb'],
  ['routes/public-for-customers-guarded-for-staff', 'sb', 'sb', 'sb'],
  ['routes/required-staff-without-guard', 'ncsb', 'cb', 'b'],
  ['office/inherits', 'sb', 'sb', 'sb'],
  ['office/public', 'ncsb', 'ncsb', 'ncsb'],
  ['office/optional', 'ncsb', 'cb', 'cb'],
  ['office/customers-too', 'b', 'b', 'b'],
  ['office/public-by-the-other-decorator', 'sb', 'sb', 'sb'],
  ['office/optional-by-the-other-decorator', 'sb', 'sb', 'sb'],
  ['branch/inherits', 'sb', 'sb', 'sb'],
  ['branch/public', 'ncsb', 'ncsb', 'ncsb'],
  ['audited', 'sb', 'sb', 'sb'],
];

const CUSTOMERS: Provider = { provide: APP_GUARD, useExisting: SessionGuard };
const STAFF: Provider = { provide: APP_GUARD, useExisting: Staff.Guard };

@Controller('callback')
class CallbackController {
  @Post()
  @Staff.OptionalSession()
  @OptionalSession()
  @AllowCrossOrigin('https://idp.example')
  @UseGuards(SessionGuard, Staff.Guard)
  callback(
    @CurrentSession() customer: CurrentSession,
    @Staff.CurrentSession() staff: CurrentSession<StaffSession>,
  ): { customer: boolean; staff: boolean } {
    return { customer: customer.exists, staff: staff.exists };
  }
}

describe('the policies of two kinds', () => {
  it('can differ on one handler, but two of one kind are refused', () => {
    const decorate = (...decorators: MethodDecorator[]) => {
      class Routes {
        route(): void {}
      }
      const method = Object.getOwnPropertyDescriptor(Routes.prototype, 'route')!;
      decorators.forEach((decorator) => decorator(Routes.prototype, 'route', method));
    };
    decorate(PublicRoute(), Staff.RequireSession());
    decorate(RequireFresh(1000), Staff.PublicRoute());
    for (const [one, other] of [
      [Staff.PublicRoute(), Staff.OptionalSession()],
      [Staff.RequireFresh(1000), Staff.PublicRoute()],
      [Staff.OptionalSession(), Staff.RequireBoundDevice()],
    ] as const) {
      expect(() => decorate(one, other)).toThrow(SessionsConfigurationError);
    }
  });
});

describeAdapters((adapter) => {
  it('@RequireFresh() of one kind demands nothing of the session of another', async () => {
    @Controller()
    class TransferController {
      @Get('transfer')
      @Staff.RequireFresh(60_000)
      @UseGuards(SessionGuard)
      transfer(): string {
        return ok();
      }
    }
    const app = await startTwoKinds(adapter, {
      controllers: [StaffController, TransferController],
    });
    const ann = customerCookie(await app.manager.createSession({ userId: 'ann', basket: [] }));
    const login = await app.http().post('/staff/login').send({ name: 'bo' });
    const stale = await app.staff.createSession({ userId: 'bo', role: 'agent' });
    const statusFor = async (token: string): Promise<number> =>
      (
        await app
          .http()
          .get('/transfer')
          .set('Cookie', `${ann}; ${staffCookie(token)}`)
      ).status;
    const statuses = [await statusFor(login.body.token), await statusFor(stale)];
    await app.close();
    expect(statuses).toEqual([200, 403]);
  });

  it('a handler with @AllowCrossOrigin() has no session of any kind in a request from there', async () => {
    const app = await startTwoKinds(adapter, { controllers: [CallbackController] });
    const ann = await app.manager.createSession({ userId: 'ann', basket: [] });
    const bo = await app.staff.createSession({ userId: 'bo', role: 'agent' });
    const post = (site: string, origin: string) =>
      app
        .http()
        .post('/callback')
        .set({
          Cookie: `${customerCookie(ann)}; ${staffCookie(bo)}`,
          Origin: origin,
          'Sec-Fetch-Site': site,
        });
    const own = await post('same-origin', 'http://127.0.0.1');
    expect(own.body).toEqual({ customer: true, staff: true });
    const others = await post('cross-site', 'https://idp.example');
    expect(others.body).toEqual({ customer: false, staff: false });
    await post('cross-site', 'https://evil.example').expect(403);
    await app.close();
  });

  describe.each([
    ['no global guard', 1, []],
    ['the global guard of customers', 2, [CUSTOMERS]],
    ['the global guards of both', 3, [CUSTOMERS, STAFF]],
  ] as const)('with %s', (_, column, providers) => {
    let app: TestApp<CustomerSession> & { readonly staff: SessionManager<StaffSession> };
    let headers: Record<string, Record<string, string>>;

    beforeAll(async () => {
      app = await startTwoKinds(adapter, {
        controllers: [
          CustomerController,
          StaffController,
          RoutesController,
          OfficeController,
          BranchController,
          AuditedController,
        ],
        providers: [...providers, AuditedStaffGuard],
      });
      const login = async (path: string): Promise<string> =>
        (await app.http().post(path).send({ name: 'ann' }).expect(200)).body.token;
      const ann = customerCookie(await login('/shop/login'));
      const bo = staffCookie(await login('/staff/login'));
      headers = { n: {}, c: { Cookie: ann }, s: { Cookie: bo }, b: { Cookie: `${ann}; ${bo}` } };
    });
    afterAll(async () => {
      await app.close();
    });

    it.each(ROUTES)(
      '%s lets exactly those pass whose sessions it needs',
      async (path, ...passes) => {
        const passed: string[] = [];
        for (const [who, sent] of Object.entries(headers)) {
          const { status } = await app.http().get(`/${path}`).set(sent);
          expect([200, 401]).toContain(status);
          passed.push(...(status === 200 ? [who] : []));
        }
        expect(passed.join('')).toBe(passes[column - 1]);
      },
    );
  });
});
