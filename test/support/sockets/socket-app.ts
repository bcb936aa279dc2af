import type { DynamicModule, Type } from '@nestjs/common';
import { SessionSocketsModule } from 'nestjs-server-sessions/sockets';
import { cookieOf } from '../http/responses.js';
import {
  startApp,
  type TestAdapter,
  type TestApp,
  type TestAppOptions,
} from '../applications/applications.js';
import { AccountGateway, LoginController, type AccountSession } from './account.gateway.js';
import type { SocketKind } from './socket-kinds.js';

export interface SocketAppOptions extends TestAppOptions<AccountSession> {
  /** The gateways. Default: one that requires a session. */
  readonly gateways?: readonly Type[];
  /** The module of sockets, with other options. */
  readonly sockets?: DynamicModule;
}

/** Starts an application with gateways, and a login over HTTP. */
export function startSockets(
  adapter: TestAdapter,
  kind: SocketKind,
  options: SocketAppOptions = {},
): Promise<TestApp<AccountSession>> {
  const { gateways = [AccountGateway], sockets = SessionSocketsModule, ...rest } = options;
  return startApp<AccountSession>(adapter, {
    ...rest,
    imports: [...(rest.imports ?? []), sockets],
    controllers: [LoginController, ...(rest.controllers ?? [])],
    providers: [...gateways, ...(rest.providers ?? [])],
    configure: (app) => {
      app.useWebSocketAdapter(kind.adapter(app));
      rest.configure?.(app);
    },
  });
}

/** Logs in over HTTP. Returns the Cookie header of the visitor. */
export async function loginCookie(
  app: TestApp<AccountSession>,
  data: AccountSession = { userId: 'ada', name: 'Ada' },
): Promise<string> {
  const { text } = await app.http().post('/login').send(data).expect(201);
  return cookieOf(text);
}
