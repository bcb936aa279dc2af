import {
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import {
  CurrentSession,
  Session,
  SessionExceptionFilter,
  SessionGuard,
  SessionManager,
  type ListedSession,
} from 'nestjs-server-sessions';
import type { DeviceSession } from './device-session.js';

/** Where the user is signed in. The filter gives errors of `SessionManager` the answers that the guard gives. */
@Controller('devices')
@UseGuards(SessionGuard)
@UseFilters(SessionExceptionFilter)
export class DevicesController {
  constructor(private readonly sessions: SessionManager<DeviceSession>) {}

  @Get()
  list(@CurrentSession() session: CurrentSession<DeviceSession>): Promise<ListedSession[]> {
    return session.list();
  }

  /** Signs one device out. The public id of another user's ends nothing. */
  @Delete(':id')
  @HttpCode(204)
  async revoke(@Param('id') id: string, @Session('userId') userId: string): Promise<void> {
    if ((await this.sessions.removeSessionById(id, { userId })) === 0) {
      throw new NotFoundException('You are not signed in on such a device.');
    }
  }

  /** Signs all devices out but the one that asks. */
  @Delete()
  async revokeOthers(
    @CurrentSession() session: CurrentSession<DeviceSession>,
    @Session('userId') userId: string,
  ): Promise<{ ended: number }> {
    return { ended: await this.sessions.removeUserSessions(userId, { except: session.id }) };
  }
}
