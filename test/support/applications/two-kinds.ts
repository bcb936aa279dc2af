import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import {
  CurrentSession,
  defineSessions,
  GuardedSession,
  PublicRoute,
  Session,
  SessionGuard,
  SessionManager,
  SessionsModule,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { LONG_TIMEOUT_MS } from '../databases/long-timeout.js';
import { startApp, type TestAdapter, type TestApp, type TestAppOptions } from './applications.js';

export interface CustomerSession {
  userId: string;
  basket: string[];
}

export interface StaffSession {
  userId: string;
  role: 'admin' | 'agent';
}

export const Staff = defineSessions<StaffSession>('staff');

/** Header pairs that send a token in the cookie of each kind. */
export const customerCookie = (token: string): string => `__Host-id=${token}`;
export const staffCookie = (token: string): string => `__Host-staff-id=${token}`;

@Controller('shop')
@UseGuards(SessionGuard)
export class CustomerController {
  @Post('login')
  @PublicRoute()
  @HttpCode(200)
  async login(
    @Body('name') name: string,
    @CurrentSession() session: CurrentSession<CustomerSession>,
  ): Promise<{ token: string }> {
    return { token: await session.start({ userId: name, basket: [] }) };
  }

  @Get('me')
  me(@Session('userId') customer: string): { customer: string } {
    return { customer };
  }

  @Post('logout')
  @PublicRoute()
  @HttpCode(200)
  async logout(@CurrentSession() session: CurrentSession<CustomerSession>): Promise<void> {
    await session.end();
  }
}

@Controller('staff')
@UseGuards(Staff.Guard)
export class StaffController {
  constructor(@Staff.InjectManager() readonly sessions: SessionManager<StaffSession>) {}

  @Post('login')
  @Staff.PublicRoute()
  @HttpCode(200)
  async login(
    @Body('name') name: string,
    @Staff.CurrentSession() session: CurrentSession<StaffSession>,
  ): Promise<{ token: string }> {
    return { token: await session.start({ userId: name, role: 'agent' }) };
  }

  @Get('me')
  me(@Staff.Session('userId') staff: string): { staff: string } {
    return { staff };
  }

  @Get('token')
  token(
    @Staff.SessionToken() token: string,
    @Staff.GuardedSession() session: GuardedSession<StaffSession>,
  ): { token: string; id: string } {
    return { token, id: session.id };
  }

  @Get('data')
  data(@Staff.Session() data: StaffSession): StaffSession {
    return data;
  }

  @Post('logout')
  @Staff.PublicRoute()
  @HttpCode(200)
  async logout(@Staff.CurrentSession() session: CurrentSession<StaffSession>): Promise<void> {
    await session.end();
  }
}

export interface TwoKindsOptions extends TestAppOptions<CustomerSession> {
  readonly staff?: SessionsModuleOptions<StaffSession>;
}

/** An application with the sessions of customers and of staff, both in memory. */
export async function startTwoKinds(
  adapter: TestAdapter,
  { staff = {}, imports = [], ...options }: TwoKindsOptions = {},
): Promise<TestApp<CustomerSession> & { readonly staff: SessionManager<StaffSession> }> {
  const module = Staff.Module.forRoot({
    storagePath: ':memory:',
    timeout: LONG_TIMEOUT_MS,
    ...staff,
  });
  const app = await startApp<CustomerSession>(adapter, {
    controllers: [CustomerController, StaffController],
    imports: [module, ...imports],
    ...options,
  });
  return Object.assign(Object.create(app), {
    staff: app.app.get(Staff.Manager, { strict: false }),
  });
}

/** The module of the customers, for applications that need more than its options. */
export const customersIn = (storagePath: string) => SessionsModule.forRoot({ storagePath });
