import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, SessionGuard } from 'nestjs-server-sessions';
import type { OwnedData } from '../arbitraries/option-pairs.js';

/** What a route shows of its session. */
export interface Shown {
  readonly id?: string;
  readonly data?: OwnedData;
  readonly token?: string;
  readonly listed?: readonly string[];
}

const shown = ({ id, data }: CurrentSession<OwnedData>): Shown => ({ id: id!, data: data! });

export const newData = (name: string): OwnedData => ({
  userId: name,
  account: `account of ${name}`,
  basket: [],
});

/** Everything that a request can do with its session, each in a route that shows whose session it is. */
@Controller('app')
export class OwnedDataController {
  @Post('login')
  @HttpCode(200)
  async login(
    @Body('name') name: string,
    @CurrentSession() session: CurrentSession<OwnedData>,
  ): Promise<Shown> {
    const token = await session.start(newData(name));
    return { ...shown(session), token };
  }

  @Get('read')
  @UseGuards(SessionGuard)
  read(@CurrentSession() session: CurrentSession<OwnedData>): Shown {
    return shown(session);
  }

  @Get('list')
  @UseGuards(SessionGuard)
  async list(@CurrentSession() session: CurrentSession<OwnedData>): Promise<Shown> {
    const listed = await session.list();
    return { ...shown(session), listed: listed.map(({ id }) => id) };
  }

  @Post('update')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async update(@CurrentSession() session: CurrentSession<OwnedData>): Promise<Shown> {
    await session.update((data) => ({
      ...data,
      basket: [...data.basket, `tea of ${data.userId}`],
    }));
    return shown(session);
  }

  @Post('replace')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async replace(@CurrentSession() session: CurrentSession<OwnedData>): Promise<Shown> {
    await session.update({ ...session.data!, basket: [] });
    return shown(session);
  }

  @Post('renew')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async renew(@CurrentSession() session: CurrentSession<OwnedData>): Promise<Shown> {
    await session.renew();
    return shown(session);
  }

  @Post('regenerate')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async regenerate(
    @Body('grace') grace: number,
    @CurrentSession() session: CurrentSession<OwnedData>,
  ): Promise<Shown> {
    const token = await session.regenerate({ grace });
    return { ...shown(session), token };
  }

  @Post('logout')
  @HttpCode(200)
  async logout(@CurrentSession() session: CurrentSession<OwnedData>): Promise<Shown> {
    await session.end();
    return {};
  }
}
