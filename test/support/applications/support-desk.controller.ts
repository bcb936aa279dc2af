import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import {
  CurrentSession,
  OptionalSession,
  RequireFresh,
  SessionGuard,
  type SessionActor,
} from 'nestjs-server-sessions';

/** The data of the agents' sessions, and of those of the customers. */
export interface DeskData {
  userId?: string;
  page?: string;
}

/** What the routes tell of the session. */
export interface DeskView {
  readonly token?: string;
  readonly userId?: string;
  readonly actor?: SessionActor;
}

/** The routes of a support desk, each with one call of `CurrentSession`. */
@Controller()
@UseGuards(SessionGuard)
export class SupportDeskController {
  @Get('me')
  me(@CurrentSession() { userId, actor }: CurrentSession<DeskData>): DeskView {
    return { ...(userId && { userId }), ...(actor && { actor }) };
  }

  @Post('act-as/:user')
  @HttpCode(200)
  async actAs(
    @CurrentSession() session: CurrentSession<DeskData>,
    @Param('user') userId: string,
  ): Promise<DeskView> {
    const token = await session.actAs({ userId });
    return { token, ...this.me(session) };
  }

  @Post('return')
  @HttpCode(200)
  @OptionalSession()
  async return(@CurrentSession() session: CurrentSession<DeskData>): Promise<DeskView> {
    const token = await session.stopActing();
    return { token, ...this.me(session) };
  }

  @Post('logout')
  @HttpCode(200)
  @OptionalSession()
  async logout(@CurrentSession() session: CurrentSession<DeskData>): Promise<void> {
    await session.end();
  }

  @Post('login/:user')
  @HttpCode(200)
  @OptionalSession()
  async login(
    @CurrentSession() session: CurrentSession<DeskData>,
    @Param('user') userId: string,
  ): Promise<DeskView> {
    return { token: await session.start({ userId }) };
  }

  @Post('confirm')
  @HttpCode(200)
  async confirm(@CurrentSession() session: CurrentSession<DeskData>): Promise<DeskView> {
    return { token: await session.confirm() };
  }

  @Post('password')
  @HttpCode(200)
  @RequireFresh(60_000)
  changePassword(): DeskView {
    return {};
  }

  @Post('page/:page')
  @HttpCode(200)
  async visit(
    @CurrentSession() session: CurrentSession<DeskData>,
    @Param('page') page: string,
  ): Promise<DeskView> {
    await session.update((data) => void (data.page = page));
    return this.me(session);
  }
}
