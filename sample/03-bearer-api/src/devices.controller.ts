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

/**
 * The devices where the user is signed in. The filter turns errors of `SessionManager` into the responses that the
 * guard gives.
 */
@Controller('devices')
@UseGuards(SessionGuard)
@UseFilters(SessionExceptionFilter)
export class DevicesController {
  constructor(private readonly sessions: SessionManager<DeviceSession>) {}

  @Get()
  list(@CurrentSession() session: CurrentSession<DeviceSession>): Promise<ListedSession[]> {
    return session.list();
  }

  /** Signs out one device. The id of another user's device ends nothing. */
  @Delete(':id')
  @HttpCode(204)
  async revoke(@Param('id') id: string, @Session('userId') userId: string): Promise<void> {
    if ((await this.sessions.removeSessionById(id, { userId })) === 0) {
      throw new NotFoundException('You are not signed in on a device with this id.');
    }
  }

  /** Signs out all devices except the one that sends the request. */
  @Delete()
  async revokeOthers(
    @CurrentSession() session: CurrentSession<DeviceSession>,
    @Session('userId') userId: string,
  ): Promise<{ ended: number }> {
    return { ended: await this.sessions.removeUserSessions(userId, { except: session.id }) };
  }
}
