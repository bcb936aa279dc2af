import { Injectable, UnauthorizedException } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import { Users, type User } from './users.js';

/** Checks the name and the password of a form. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly users: Users) {
    super({ usernameField: 'name' });
  }

  async validate(name: string, password: string): Promise<User> {
    const user = await this.users.verify(name, password);
    if (!user) {
      throw new UnauthorizedException('Wrong name or password.');
    }
    return user;
  }
}
