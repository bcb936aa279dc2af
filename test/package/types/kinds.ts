// Compiled with the packed declarations, and by `npm run typecheck` with the sources: each error that is expected is one.
import { Controller, Get, Injectable, ParseIntPipe, Post, UseGuards } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import type { TestingModuleBuilder } from '@nestjs/testing';
import {
  CurrentSession,
  defineSessions,
  GuardedSession,
  SessionManager,
  type SessionEntity,
  type SessionKind,
} from 'nestjs-server-sessions';
import { getStartedSession, overrideSessionsOptions, signIn } from 'nestjs-server-sessions/testing';

interface CustomerData {
  userId: string;
  basket: string[];
}

interface StaffData {
  userId: string;
  role: 'admin' | 'agent';
  desk?: number;
}

type VisitorData = { lastPage: string } | { userId: string; lastPage: string };

const Staff = defineSessions<StaffData>('staff');
const Visitors = defineSessions<VisitorData>('visitors');
export const Untyped = defineSessions('untyped');

/** Compiles only if both types are the same. */
function same<A>() {
  return <B>(_: [A] extends [B] ? ([B] extends [A] ? B : never) : never) => {};
}

@Injectable()
export class StaffService {
  constructor(
    @Staff.InjectManager() readonly sessions: SessionManager<StaffData>,
    @Staff.InjectSessionModel() readonly model: typeof SessionEntity,
    @Untyped.InjectManager() readonly untyped: SessionManager,
  ) {}
}

@Injectable()
export class WrongService {
  constructor(
    // @ts-expect-error the manager of another kind
    @Staff.InjectManager() readonly sessions: SessionManager<CustomerData>,
    // @ts-expect-error no model
    @Staff.InjectSessionModel() readonly model: string,
  ) {}
}

@Controller()
@UseGuards(Staff.Guard)
export class StaffController {
  @Post('login')
  @Staff.PublicRoute()
  async login(@Staff.CurrentSession() session: CurrentSession<StaffData>) {
    await session.start({ userId: 'bo', role: 'agent' });
    // @ts-expect-error data of another kind
    await session.start({ userId: 'bo', basket: [] });
  }

  @Get('me')
  me(
    @Staff.Session() data: StaffData,
    @Staff.Session('role') role: 'admin' | 'agent',
    @Staff.Session('role') text: string,
    @Staff.Session('desk') desk: number | undefined,
    @Staff.Session('desk', ParseIntPipe) piped: number,
    @Staff.Session(ParseIntPipe) whole: number,
    @Staff.SessionToken() token: string,
    @Staff.GuardedSession() session: GuardedSession<StaffData>,
    @Staff.GuardedSession() current: CurrentSession<StaffData>,
    @Visitors.Session('userId') visitor: string | undefined,
    @Untyped.CurrentSession() untyped: CurrentSession,
    @Untyped.Session('anything') anything: number,
  ) {
    return {
      data,
      role,
      text,
      desk,
      piped,
      whole,
      token,
      session,
      current,
      visitor,
      untyped,
      anything,
    };
  }

  @Get('wrong')
  wrong(
    // @ts-expect-error the session of another kind
    @Staff.CurrentSession() current: CurrentSession<CustomerData>,
    // @ts-expect-error the session of another kind
    @Staff.GuardedSession() guarded: GuardedSession<CustomerData>,
    // @ts-expect-error data of another kind
    @Staff.Session() data: CustomerData,
    // @ts-expect-error a property of another type
    @Staff.Session('role') role: number,
    // @ts-expect-error a property that can be missing
    @Staff.Session('desk') desk: number,
    // @ts-expect-error a property that the data does not have
    @Staff.Session('basket') basket: string[],
    // @ts-expect-error a property that only some of the data has
    @Visitors.Session('userId') visitor: string,
    // The right type of another parameter does not help.
    @Staff.CurrentSession() right: CurrentSession<StaffData>,
  ) {
    return { current, guarded, data, role, desk, basket, visitor, right };
  }
}

export function configures() {
  Staff.Module.forRoot({ userId: ({ userId }) => userId, cookie: { sameSite: 'strict' } });
  Staff.Module.forRootAsync({ connection: 'default', useFactory: () => ({ rolling: true }) });
  // @ts-expect-error a property of another kind
  Staff.Module.forRoot({ userId: ({ basket }) => basket[0] });
  // @ts-expect-error an option that there is not
  Staff.Module.forRoot({ lifetime: 1 });
}

export async function finds(app: INestApplication, request: object) {
  same<SessionManager<StaffData>>()(app.get(Staff.Manager));
  same<StaffData | undefined>()((await Staff.getCurrentSession(request)).data);
  await app.get(Staff.Manager).createSession({ userId: 'bo', role: 'admin' });
  // @ts-expect-error data of another kind
  await app.get(Staff.Manager).createSession({ userId: 'ann', basket: [] });
}

export async function tests(app: INestApplication, builder: TestingModuleBuilder) {
  await signIn(app, { userId: 'bo', role: 'agent' }, { kind: Staff });
  // @ts-expect-error data of another kind
  await signIn(app, { userId: 'ann', basket: [] }, { kind: Staff });
  const started = await getStartedSession(app, { headers: {} }, { kind: Staff });
  same<StaffData | undefined>()(started?.data);
  overrideSessionsOptions(builder, { userId: ({ role }) => role }, { kind: Staff });
  // @ts-expect-error options of another kind
  overrideSessionsOptions(builder, { userId: ({ basket }) => basket[0] }, { kind: Staff });
}

/** A function for any kind. */
export function anyKind<T>(kind: SessionKind<T>): string {
  return kind.kind;
}
anyKind(Staff);
