import { Controller, Get, HttpCode, Post, Session as NestSession, UseGuards } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { CurrentSession, GuardedSession, Session, SessionGuard } from 'nestjs-server-sessions';
import { ApiSession } from 'nestjs-server-sessions/swagger';
import { SessionsHealthIndicator } from 'nestjs-server-sessions/terminus';

export interface Account {
  userId: string;
}

@Controller()
export class AccountController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly sessions: SessionsHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.sessions.pingCheck('sessions')]);
  }

  @Post('login')
  @HttpCode(204)
  @ApiSession('start')
  async login(@CurrentSession() session: CurrentSession<Account>): Promise<void> {
    await session.start({ userId: 'ann' });
  }

  @Get('me')
  @UseGuards(SessionGuard)
  @ApiSession()
  me(@GuardedSession() session: GuardedSession<Account>): Account {
    return session.data;
  }

  /** The session of express-session. */
  @Get('visits')
  visits(@NestSession() session: { visits?: number }): { visits: number } {
    session.visits = (session.visits ?? 0) + 1;
    return { visits: session.visits };
  }
}

@Resolver()
@UseGuards(SessionGuard)
export class AccountResolver {
  @Query(() => String)
  me(@Session('userId') userId: string): string {
    return userId;
  }
}

@WebSocketGateway()
@UseGuards(SessionGuard)
export class AccountGateway {
  @SubscribeMessage('me')
  me(@Session('userId') data: string): { event: string; data: string } {
    return { event: 'you', data };
  }
}
