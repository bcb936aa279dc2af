import { IncomingMessage, ServerResponse, type RequestListener } from 'node:http';
import { Socket } from 'node:net';
import { Controller, Get, HttpCode, Post, UseGuards, type INestApplication } from '@nestjs/common';
import {
  CurrentSession,
  defineSessions,
  RequireFresh,
  SessionGuard,
  SessionsModule,
  type InitOptions,
  type SessionManager,
} from 'nestjs-server-sessions';
import { ADAPTERS, startApp } from '../support/applications/applications.js';
import type { TestSessions } from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import type { ModelData } from './session-model.js';

/** Two kinds of sessions, each in a table. */
export const KINDS = ['customers', 'staff'] as const;
export type Kind = (typeof KINDS)[number];

/** Milliseconds for which a session is fresh after a login or a confirmation. */
export const FRESH_MS = 60;

const Staff = defineSessions<ModelData>('staff');

const COOKIES = { customers: '__Host-id', staff: '__Host-staff-id' };

type Act = (session: CurrentSession<ModelData>) => Promise<unknown>;

/** One kind of sessions in an application that serves requests. */
export interface RequestedKind {
  readonly manager: SessionManager<ModelData>;
  /** Handles a request with a token, and returns what the handler's session did. */
  act(token: string, act: Act): Promise<unknown>;
  /** Sends a request with a token to a route that only fresh sessions pass, and returns its body. */
  requireFresh(token: string): Promise<{ readonly code?: string; readonly reason?: string }>;
}

/** Starts an application with both kinds, on the tables of these sessions. */
export async function startKinds(
  sessions: Readonly<Record<Kind, TestSessions<ModelData>>>,
  options: Omit<InitOptions<ModelData>, 'connection'>,
): Promise<Record<Kind, RequestedKind> & { close(): Promise<void> }> {
  let act: Act = async () => undefined;

  @Controller('customers')
  class CustomersController {
    @Post()
    act(@CurrentSession() session: CurrentSession<ModelData>) {
      return act(session);
    }

    @Get()
    @UseGuards(SessionGuard)
    @RequireFresh(FRESH_MS)
    fresh() {
      return {};
    }
  }

  @Controller('staff')
  class StaffController {
    @Post()
    @HttpCode(200)
    act(@Staff.CurrentSession() session: CurrentSession<ModelData>) {
      return act(session);
    }

    @Get()
    @Staff.RequireFresh(FRESH_MS)
    fresh() {
      return {};
    }
  }

  const optionsOf = (kind: Kind) => {
    const { sequelize: connection, tableName } = sessions[kind];
    return { timeout: LONG_TIMEOUT_MS, ...options, connection, tableName, recordClient: false };
  };
  const started = await startApp(ADAPTERS[0]!, {
    controllers: [CustomersController, StaffController],
    sessions: SessionsModule.forRoot(optionsOf('customers')),
    imports: [Staff.Module.forRoot(optionsOf('staff'))],
  });
  const requested = (kind: Kind, manager: SessionManager<ModelData>): RequestedKind => {
    const send = (method: 'GET' | 'POST', token: string) =>
      responseTo(started.app, method, `/${kind}`, `${COOKIES[kind]}=${token}`);
    return {
      manager,
      async act(token, next) {
        let acted: Promise<unknown> | undefined;
        act = async (session) => {
          acted = next(session);
          await acted.catch(() => {});
        };
        const body = await send('POST', token);
        if (!acted) {
          throw new Error(`No handler ran: ${body}`);
        }
        return acted;
      },
      requireFresh: async (token) =>
        JSON.parse(await send('GET', token)) as { code?: string; reason?: string },
    };
  };
  return {
    customers: requested('customers', started.manager as SessionManager<ModelData>),
    staff: requested('staff', started.app.get(Staff.Manager, { strict: false })),
    close: () => started.close(),
  };
}

/** Lets an application handle a request without a connection, which takes a tenth of the time, and returns the body. */
function responseTo(
  app: INestApplication,
  method: string,
  url: string,
  cookie: string,
): Promise<string> {
  const request = Object.assign(new IncomingMessage(new Socket()), {
    method,
    url,
    headers: { host: 'localhost', cookie },
  });
  request.push(null);
  const response = new ServerResponse(request);
  return new Promise((resolve) => {
    response.end = (body?: unknown) => {
      resolve(Buffer.from((body ?? '') as string | Uint8Array).toString());
      return response;
    };
    const handle = app.getHttpAdapter().getInstance() as RequestListener;
    handle(request, response);
  });
}
