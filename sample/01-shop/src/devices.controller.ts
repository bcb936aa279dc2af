import {
  Controller,
  Delete,
  Get,
  Header,
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
} from 'nestjs-server-sessions';
import { deviceName } from './device-name.js';
import { placeName } from './place-name.js';
import type { ShopSession } from './shop-session.js';

/** A line of "Where you're signed in". */
interface Device {
  id: string;
  name: string;
  place: string;
  lastSeen: Date;
  current: boolean;
  /** Whether copied cookies of the device are soon useless. */
  bound: boolean;
}

/** The filter turns the errors of `SessionManager` into the responses that the guard and the decorators give. */
@Controller('devices')
@UseGuards(SessionGuard)
@UseFilters(SessionExceptionFilter)
export class DevicesController {
  constructor(private readonly sessions: SessionManager<ShopSession>) {}

  @Get()
  @Header('cache-control', 'no-store')
  async list(@CurrentSession() session: CurrentSession<ShopSession>): Promise<Device[]> {
    const sessions = await session.list();
    return sessions.map(({ id, client, renewedAt, current, device }) => ({
      id,
      name: deviceName(client.userAgent),
      place: placeName(client.ip),
      lastSeen: renewedAt,
      current,
      bound: device === 'bound',
    }));
  }

  /** The id comes from the client. With `userId` beside it, users can only sign out their own devices. */
  @Delete(':id')
  @HttpCode(204)
  async signOut(@Param('id') id: string, @Session('userId') userId: string): Promise<void> {
    if ((await this.sessions.removeSessionById(id, { userId })) === 0) {
      throw new NotFoundException('That device is signed out already.');
    }
  }

  /** Signs out everywhere else. */
  @Delete()
  async signOutElsewhere(
    @Session('userId') userId: string,
    @CurrentSession() { id }: CurrentSession<ShopSession>,
  ): Promise<{ ended: number }> {
    return { ended: await this.sessions.removeUserSessions(userId, { except: id }) };
  }
}
