import { Body, Controller, Post, UseGuards } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import {
  CurrentSession,
  getCurrentSession,
  RequireFresh,
  Session,
  SessionGuard,
  SkipSession,
} from 'nestjs-server-sessions';

export interface AccountSession {
  readonly userId: string;
  name: string;
}

/** Logs in and out over HTTP. */
@Controller()
export class LoginController {
  @Post('login')
  login(
    @Body() data: AccountSession,
    @CurrentSession() session: CurrentSession<AccountSession>,
  ): Promise<string> {
    return session.start(data);
  }

  @Post('logout')
  logout(@CurrentSession() session: CurrentSession): Promise<void> {
    return session.end();
  }

  @Post('rotate')
  rotate(@CurrentSession() session: CurrentSession): Promise<string> {
    return session.regenerate();
  }
}

const event = (name: string, data: unknown) => ({ event: name, data });

/** What handlers of gateways do with a session. */
export class AccountHandlers {
  /** What the application's code has seen: connections, and messages of handlers without a guard too. */
  readonly seen: string[] = [];

  /** Nest does not wait for it. */
  async handleConnection(client: object): Promise<void> {
    const session = await getCurrentSession<AccountSession>(client).catch(() => undefined);
    this.seen.push(`connected ${session?.data?.userId}`);
  }

  @SubscribeMessage('name')
  name(@Session('name') name: string) {
    this.seen.push('name');
    return event('name', name);
  }

  @SubscribeMessage('rename')
  async rename(
    @MessageBody() name: string,
    @CurrentSession() session: CurrentSession<AccountSession>,
  ) {
    const data = await session.update((draft) => {
      draft.name = name;
    });
    return event('name', data.name);
  }

  @SubscribeMessage('same')
  async same(@CurrentSession() session: CurrentSession, @ConnectedSocket() client: object) {
    return event('same', session === (await getCurrentSession(client)));
  }

  @SubscribeMessage('end')
  async end(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.end();
  }

  @SubscribeMessage('start')
  async start(@CurrentSession() session: CurrentSession<AccountSession>) {
    return event('refused', await session.start({ userId: 'eve', name: 'Eve' }).catch(textOf));
  }

  @SubscribeMessage('regenerate')
  async regenerate(@CurrentSession() session: CurrentSession) {
    return event('refused', await session.regenerate().catch(textOf));
  }

  @SubscribeMessage('confirm')
  async confirm(@CurrentSession() session: CurrentSession) {
    return event('refused', await session.confirm().catch(textOf));
  }

  @SubscribeMessage('secret')
  @RequireFresh(10_000)
  secret() {
    return event('secret', 'for who has just logged in');
  }

  @SubscribeMessage('open')
  @SkipSession()
  open() {
    this.seen.push('open');
    return event('open', 'to all');
  }
}

const textOf = (error: Error) => error.message;

/** A gateway that requires a session. */
@WebSocketGateway()
@UseGuards(SessionGuard)
export class AccountGateway extends AccountHandlers {}
