import { Injectable } from '@nestjs/common';
import { PassportSerializer } from '@nestjs/passport';
import { Users, type User } from './users.js';

/** Keeps only the id in the session, and loads the user for each request. */
@Injectable()
export class UserSerializer extends PassportSerializer {
  constructor(private readonly users: Users) {
    super();
  }

  serializeUser({ id }: User, done: (error: unknown, id: string) => void): void {
    done(null, id);
  }

  /** For a user that was deleted, Passport ends the login. */
  deserializeUser(id: string, done: (error: unknown, user: User | false) => void): void {
    done(null, this.users.find(id) ?? false);
  }
}
