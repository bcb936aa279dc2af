import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import { CurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import { UsersService } from './users.service.js';

interface UserSession {
  userId: string;
}

/** Checked before it gets into a query, in which a value that is not a string could act as an operator. */
class Credentials {
  @Length(1, 40)
  @IsString()
  name!: string;
}

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** A real application checks a password here. */
  @Post('login')
  @HttpCode(204)
  async login(
    @Body() { name }: Credentials,
    @CurrentSession() session: CurrentSession<UserSession>,
  ): Promise<void> {
    const { id } = await this.users.named(name);
    await session.start({ userId: id });
  }

  @Get('me')
  @UseGuards(SessionGuard)
  async me(@Session('userId') id: string): Promise<object | undefined> {
    const user = await this.users.find(id);
    return user?.toJSON();
  }

  /** Users and sessions in one query, by the association of the models. */
  @Get('signed-in')
  @UseGuards(SessionGuard)
  async signedIn(): Promise<object[]> {
    const users = await this.users.signedIn();
    return users.map(({ name, sessions }) => ({ name, devices: sessions.length }));
  }

  @Post('logout')
  @HttpCode(204)
  async logout(@CurrentSession() session: CurrentSession<UserSession>): Promise<void> {
    await session.end();
  }
}
